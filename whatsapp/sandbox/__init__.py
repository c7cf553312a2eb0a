"""
A pretend WhatsApp Cloud API in its own process, and phones to look at.

    python -m whatsapp.sandbox --port 8085 --webhook-url http://127.0.0.1:8002/webhooks/whatsapp

It knows nothing of the rest of the house but facts. It refuses what Meta refuses, in Meta's order;
what it accepts stands in a ledger. Its phones report by signed webhooks, its patients answer.

A patient's behaviour is chosen by the last four digits of the number (`behaviours.BY_SUFFIX`;
`behaviours.SUFFIX_OF["confirms"]` is "7001"); any other number reads and says nothing:

    7000 reads                      7011 slow                     7022 confirms_then_cancels
    7001 confirms                   7012 off                      7023 thumbs_up
    7002 another_time               7013 not_on_whatsapp          7024 experiment
    7003 cancels                    7014 blocked_us               7025 sends_unsupported
    7004 cancels_and_undoes         7015 stopped_marketing        7026 sends_photo
    7005 asks                       7016 capped                   7027 sends_voice
    7006 stops                      7017 multi_device             7028 stops_marketing_now
    7007 stops_but_keeps_visits     7018 wa_id_rewritten          7029 username_only
    7008 stops_all                  7019 read_without_delivered   7030 confirms_from_rewritten_wa_id
    7009 no_read_receipts           7020 fails_late
    7010 confirms_without_read_receipts                           7021 confirms_twice
    7031 changes_number               7032 off_for_a_day, of the sandbox's clock

Patients tap only under templates with three quick replies or more: the first to confirm, the last
to cancel, the one before it for another time. They write, send and react once.

The control API, JSON in and out, under /_sandbox/:

    GET  ready | stats | refusals | heard
    GET  ledger?after=&limit=&to=&callback=&template=...   ledger.ndjson
    POST reset      {"only": ["ledger", ...]} or {}: everything, options too
    POST settings   {"pace": 0.1, "webhook_url": "...", "numbers": {id: {"throughput": 20}}}
    POST behaviours {wa_id: name | {fields of Behaviour} | null}
    POST inbound    {"from": wa_id, "text" | "tap" | "send" | "reaction" | "preference" |
                     "message" | "new_number"}
                    "with" adds fields to what is sent, "beside" puts some beside it
    POST scripts    {wa_id: [{"on": type or template, "has": words, "do": an act as above}] | null}
    POST faults     {"kind": refuse | reset | late | latency | drip | html | http429 | graph, ...}
    POST mishaps    {"do": drop | repeat | delay | shuffle, "times": 1, "match": {"name": "read"}}
    POST forge      {"kind": unsigned | wrong_secret | other_body | sha1 | garbled, "count": 5}
    POST decisions  {"do": throughput | daily_limit | restrict | violate | ban | schedule_ban |
                     reinstate | quality | pause_template | unpause_template | judge |
                     recategorise | bad_feedback | tell_components | release_held | drop_held |
                     alert | account_review | name_review | security | trouble, ...}: Meta's, told
    POST templates  {"name", "language", "status" | "quality" | "category"}: Meta's review
    POST statuses   {"wamid", "status", "code"}: one more status    POST webhook {"field", "value"}
    POST unplug     {"seconds"}: nothing listens                    POST handshake {}
    GET, DELETE faults | mishaps                                    GET  behaviours

The phones stand on pages: `/` shows them all, `/phones/<number>` one, and whoever is there reads,
taps, writes, reacts and sends files as the patient; `time_zone` is where they are. `/try` shows a
desk beside them, with cards that say what to do:

    POST /_control/cards {"desk": "http://127.0.0.1:8000/admin/", "cards": [{"title": "...",
                          "steps": ["...", ...], "desk_path": "admin/...", "phone": "549..."}]}

Limits are kept as Meta keeps them: `throughput` per number and second, one message per 6 s and
phone with a burst of 45, and `daily_limit` people written to first in any 24 hours by all numbers
together, refused with `daily_limit_code` (Meta documents none) at once or, `daily_limit_late`, by
webhook. Several numbers: `--number ID=+CC NUMBER` again and again; they are one portfolio.

Webhooks are put together by chance. `exactly` fixes how many changes stand in a request (1 splits
all), `gather` waits for more, `merged` is the chance of statuses sharing one value.

What is asked of Graph besides messages: media and their files, resumable uploads, templates with
their limits (`template_limits`), numbers, health, subscriptions, block lists; `graph_calls` in an
hour, counted in headers. `webhook_version` 23 to 26 decides what bodies carry; `oddities` prints
some as Meta's own samples do. A webhook never answered 200 is given up after `retry_days` of the
clock. DISAGREEMENTS.md says where Meta's pages and other people's clients differ, and what is done.

The ledger is the judge. Of each entry it says which statuses were `told`, that is answered 200; in
all, how often a callback came twice, and of each number its fullest second and how close two
messages to one phone came. The most people written to first in 24 hours are in the stats.
"""
