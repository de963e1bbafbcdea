"""The words of the text message."""


def text(code: str, action: str, minutes: int) -> str:
    """One message part (GSM 03.38, under 160 characters) for actions of usual length.

    It says what the code is for before it gives the code, and that nobody may ask for it.
    """
    return (
        f"{code} is your code to {action}. It is valid for {minutes} minutes. "
        "Never share it: nobody from us will ask for it."
    )
