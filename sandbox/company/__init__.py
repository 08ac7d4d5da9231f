"""An invented company: what happens when people call it, how that is logged, and what is true.

A call begins as a `Story`: who called, who was rung, who talked when. `telling` writes the records
that RingCentral's call log would show of it. `truth` answers from the stories, never from records,
what analysts ask; it uses of the records only which of them are there.
"""
