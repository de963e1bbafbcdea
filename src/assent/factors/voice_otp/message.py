"""The words of the call, as a speech engine reads them out."""


def spoken(code: str, action: str, minutes: int) -> str:
    """A comma after each digit: engines then read them one by one and pause, and never as a
    number of six digits.

    What the code is for comes first, because a listener cannot look back, and the code comes
    twice, because nobody has a pen at hand.
    """
    digits = ", ".join(code)
    return (
        f"Here is your code to {action}. The code is: {digits}. Once more: {digits}. "
        f"It is valid for {minutes} minutes. Never share it: nobody from us will ask for it."
    )
