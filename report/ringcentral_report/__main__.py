"""`python -m ringcentral_report`."""

from ringcentral_report.command import main

if __name__ == "__main__":
    main()
