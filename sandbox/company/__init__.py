"""A simulated company: what happens in its calls, their records, and the expected marts.

A call begins as a `Story`: who called, whose phone rang, who talked when. `telling` writes the
records that RingCentral's call log would show for it. `truth` computes the expected marts from the
stories. It uses the records only to know which of them exist.
"""
