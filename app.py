"""Start Second Thoughts: read the settings, then serve. `python app.py --help` lists the options."""

import sys

from webapp.settings import SettingsError, read_settings


def main() -> int:
    """Run until stopped; return the exit code."""
    try:
        settings = read_settings(sys.argv[1:])
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    # The server brings gradio with it, which --help and a mistyped option must not wait for.
    from webapp.startup import serve

    return serve(settings)


if __name__ == "__main__":
    sys.exit(main())
