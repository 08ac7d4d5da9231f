"""An invented company: what happens when people call it, how it is logged, and the truth about it.

A call begins as a `Story`: who called, whose phone rang, who talked when. `telling` writes the
records that RingCentral's call log would show of it. `truth` answers the questions of analysts from
the stories, not from records. From the records it uses only which of them exist.
"""
