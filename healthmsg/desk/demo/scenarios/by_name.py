"""The scenarios there are, by the names that `demo --scenario` takes."""

from healthmsg.desk.demo.scenarios import (
    cancel,
    doctor_ill,
    family,
    flu_on_2k,
    outage,
    stop,
    waiting,
    wrong_person,
)
from healthmsg.desk.demo.scenarios.scenario import Entry

BY_NAME = {
    "cancel": Entry("a patient cancels with a tap", cancel.stage),
    "doctor-ill": Entry("a clinician's list is cancelled", doctor_ill.stage),
    "family": Entry("two children on one parent's phone", family.stage),
    "stop": Entry("a patient writes STOP and keeps appointments", stop.stage),
    "waiting-list": Entry("a freed time goes to whoever taps first", waiting.stage),
    "wrong-person": Entry("a number turns out to be a stranger's", wrong_person.stage),
    "flu-on-2k": Entry("a campaign larger than the daily limit", flu_on_2k.stage),
    "outage": Entry("back after hours in which nothing worked", outage.stage, outage.ENVIRONMENT),
}
