"""Lets `python -m tap_ringcentral_calllog` run the tap."""

from tap_ringcentral_calllog.tap import TapRingCentral

if __name__ == "__main__":
    TapRingCentral.cli()
