"""The command `tap-ringcentral`."""

import signal

# The imports below take a second. Until the tap sets its own handler, Ctrl-C shall end the process
# without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import os  # noqa: E402 - after the signal
import sys  # noqa: E402 - after the signal

from tap_ringcentral_calllog.errors import SettingsError  # noqa: E402 - after the signal
from tap_ringcentral_calllog.logs import check_level, write_nothing_else  # noqa: E402 - after it
from tap_ringcentral_calllog.tap import TapRingCentral  # noqa: E402 - after the signal


def main() -> None:
    """Run the tap."""
    try:
        check_level(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    write_nothing_else()
    TapRingCentral.cli()


if __name__ == "__main__":
    main()
