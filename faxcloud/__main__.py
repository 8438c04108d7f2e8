"""`python -m faxcloud …` is `faxcloud …`."""

from faxcloud.cli import main

if __name__ == "__main__":
    main()
