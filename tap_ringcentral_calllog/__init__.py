"""Singer tap for RingCentral call logs."""
