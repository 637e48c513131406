"""What people read who have not come in yet."""

from dashboard.wording import NAME

TITLE = f"Sign in – {NAME}"
ASKED = "This server answers only people who have signed in."
SIGN_IN, SIGN_IN_WITH = "Sign in", "Sign in with {}"
SIGN_OUT = "Sign out"
REFUSED = (
    "You are not signed in: the sign-in was broken off, or what came back from it could not be verified. Try again; "
    "if that does not help, tell whoever runs this server."
)
UNREACHABLE = "The service that signs people in does not answer. Try again later, or tell whoever runs this server."
NOT_ALLOWED = "You are signed in, but your account is not among those that this server lets in. Sign out to use another one."
BROKEN = (
    "This server is to ask for sign-in, but its settings for that can't be used. Whoever runs it finds the reason in its log."
)
EXPIRED = "Not signed in: open the page again and sign in."
OPEN = (
    "This server listens at {} and asks nobody to sign in: whoever reaches it may use it and its models. "
    "DEPLOYMENT.md says how to ask for sign-in; `--server.address=127.0.0.1` keeps it to this machine."
)
