"""`python -m retrylint`."""

from retrylint.cli import main

if __name__ == "__main__":
    main()
