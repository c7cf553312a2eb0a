"""What happens down here, or is asked, and that the floors above alone can answer."""

from django.dispatch import Signal

# Sent inside the transaction that handles a reply, with `reply` (Reply), `tap` (buttons.Tap or
# None) and `now`; the first receiver to return a ReplyOutcome has handled it.
reply_received = Signal()

# Sent when rows were queued, with `lane`; tasks.py rings the sender once they are committed.
message_queued = Signal()

# Sent with `template`; each receiver returns what it writes with it, in words: a rule, a campaign.
template_uses_asked = Signal()

# Sent with `account_id`, `template_name` and `by` (StaffUser) when somebody changed what fills the
# gaps of a template, or what its buttons mean; what was approved with others is so no longer.
# Each receiver returns how many approvals it took back.
fill_ins_changed = Signal()

# Sent with `phone` (Phone) and `now`; each receiver returns the questions.Question values that its
# messages to this phone still ask.
questions_asked = Signal()
# Sent when files of patients are to be fetched; tasks.py rings for them once they are committed.
file_expected = Signal()
