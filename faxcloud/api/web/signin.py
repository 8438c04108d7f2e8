"""Sign-in with an API key: a small page without script, in both languages and themes."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from string import Template
from urllib.parse import parse_qs, quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from faxcloud.api.http.authentication import Guarded
from faxcloud.api.http.problems import status_of
from faxcloud.domain.roles import ROLE_NAMES
from faxcloud.errors import AccessError, KeyRefused, TooManyAttempts
from faxcloud.i18n import LANGUAGES, Translator, negotiate, translator
from faxcloud.services.access.limits import client_of
from faxcloud.services.access.login_throttle import LoginThrottle
from faxcloud.services.access.sessions import COOKIE, LIFETIME_S
from faxcloud.services.actors import Actor, acting, nobody
from faxcloud.services.journal import Note

LARGEST_FORM = 8_192

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
}

PAGE = Template("""<!doctype html>
<html lang="$language"><head><meta charset="utf-8"><title>$title · FaxCloud</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
:root { --paper: #fff; --ink: #1c2733; --accent: #0b6e8a; --line: #8496a3; --wrong: #b3341f }
@media (prefers-color-scheme: dark) {
  :root { --paper: #10171d; --ink: #e6edf2; --accent: #27809b; --line: #6b7c89; --wrong: #f08a72 } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
main { width: min(22rem, calc(100vw - 3rem)) }
h1 { font-size: 1.5rem; margin: 0 0 1rem }
input, button { box-sizing: border-box; width: 100%; padding: .6rem .75rem; font: inherit;
  border-radius: .4rem }
input { margin: .3rem 0 1rem; border: 1px solid var(--line); background: transparent; color: inherit }
button { border: 0; background: var(--accent); color: #fff; font-weight: 600; cursor: pointer }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.brand { margin: 0; color: var(--accent); font-weight: 700 }
.wrong { color: var(--wrong); font-weight: 600 }
a { color: inherit }
small { display: block; margin-top: 1rem }
</style></head><body><main><p class="brand">FaxCloud</p><h1>$title</h1>$content</main></body></html>
""")

FORM = Template("""$message<form method="post" action="signin?next=$next"><label for="key">$label</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
<button>$verb</button></form><small>$hint $account</small>""")

SIGNED_IN = Template("""<p>$text</p><form method="post" action="signout"><button>$verb</button></form>
<small><a href="./">$back</a></small>""")


def signin_routes(shared: Callable[[], Guarded]) -> list[Route]:
    """Routes `/signin`, `/signin/{ticket}` and `/signout`. `shared` is called at each request."""
    attempts = LoginThrottle()

    async def show(request: Request) -> Response:
        guards = await to_thread.run_sync(shared)
        there = local_path(request.query_params.get("next"))
        actor: Actor | None = request.scope.get("state", {}).get("actor")
        if actor is not None and actor.name == "local":
            return RedirectResponse(there, 303, HEADERS)
        t = _language(request)
        if actor is None:
            return _form(t, there, guards)
        return _signed_in(t, actor, await to_thread.run_sync(guards.keys.name_of, actor))

    async def sign_in(request: Request) -> Response:
        guards = await to_thread.run_sync(shared)
        there = local_path(request.query_params.get("next"))
        address = request.scope.get("state", {}).get("address", "")
        try:
            key = await _key_of(request)
            cookie = await to_thread.run_sync(_begin, guards, attempts, key, address)
        except AccessError as error:
            return _form(_language(request), there, guards, error)
        answer = RedirectResponse(there, 303, HEADERS)
        _set_cookie(answer, request, cookie)
        return answer

    async def sign_out(request: Request) -> Response:
        guards = await to_thread.run_sync(shared)
        if (cookie := request.cookies.get(COOKIE)) is not None:
            address = request.scope.get("state", {}).get("address", "")
            await to_thread.run_sync(guards.sessions.end, cookie, address)
        answer = RedirectResponse("/signin", 303, HEADERS)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    async def take_over(request: Request) -> Response:
        """Set the cookie of a session that began inside a page (see `ui.access.sign_in`)."""
        guards = await to_thread.run_sync(shared)
        answer = Response(status_code=204, headers=HEADERS)
        if (cookie := guards.sessions.taken(request.path_params["ticket"])) is not None:
            _set_cookie(answer, request, cookie)
        return answer

    return [
        Route("/signin", show, methods=["GET"]),
        Route("/signin", sign_in, methods=["POST"]),
        Route("/signin/{ticket}", take_over, methods=["GET"]),
        Route("/signout", sign_out, methods=["POST"]),
    ]


def local_path(there: str | None) -> str:
    """Redirect target after sign-in: a path of this server, whatever the address says.

    >>> local_path("/explore?status=invalid"), local_path("//evil.example"), local_path("https://evil.example")
    ('/explore?status=invalid', '/', '/')
    """
    if there is None or not there.startswith("/") or not there.isprintable() or "\\" in there:
        return "/"
    # Two slashes start a host name; a quoted path has no other meaning for a browser.
    if there.startswith("//"):
        return "/"
    return quote(there, safe="/?&=%:@,;+$!*'()~.-_")


def _begin(guards: Guarded, attempts: LoginThrottle, key: str, address: str) -> str:
    """Session cookie of a sign-in; refused sign-ins are audited too."""
    client = client_of(None, address)
    wait_s = attempts.wait_s(client, key, guards.settings.wrong_keys)
    if wait_s and not guards.keys.has_verified(key):
        raise TooManyAttempts(seconds=wait_s)
    try:
        return guards.sessions.begin(key, address)
    except KeyRefused:
        if attempts.failed(client, key, guards.settings.wrong_keys):
            with acting(nobody(address)):
                guards.journal.write(Note("session.refused", outcome="refused"))
        raise


def _set_cookie(answer: Response, request: Request, cookie: str) -> None:
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, cookie, LIFETIME_S, httponly=True, samesite="strict", secure=secure)


async def _key_of(request: Request) -> str:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_FORM:
            raise KeyRefused
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:  # more fields than the form has
        raise KeyRefused from None
    return fields.get("key", [""])[0].strip()


def _language(request: Request) -> Translator:
    asked = request.query_params.get("lang")
    chosen = next((language for language in LANGUAGES if language == asked), None)
    return translator(chosen or negotiate(request.headers.get("accept-language")))


def _form(t: Translator, there: str, guards: Guarded, error: AccessError | None = None) -> Response:
    wrong = "" if error is None else escape(" ".join(error.render(t)))
    account = f'<a href=".{escape(there)}">{escape(t("Sign in with your account"))}</a>'
    content = FORM.substitute(
        message=f'<p class="wrong" role="alert">{wrong}</p>' if wrong else "",
        next=quote(there, safe=""),
        label=escape(t("Your key")),
        verb=escape(t("Sign in")),
        hint=escape(t("An administrator creates keys. Yours is not stored in this browser.")),
        account=account if guards.keys.has_accounts else "",
    )
    return _page(t, t("Sign in"), content, 200 if error is None else status_of(error))


def _signed_in(t: Translator, actor: Actor, name: str) -> Response:
    role = t(ROLE_NAMES[actor.role])
    content = SIGNED_IN.substitute(
        text=escape(t("You are signed in as {name}, role {role}.", name=name, role=role)),
        verb=escape(t("Sign out")),
        back=escape(t("Back to FaxCloud")),
    )
    return _page(t, t("Signed in"), content, 200)


def _page(t: Translator, title: str, content: str, status: int) -> Response:
    text = PAGE.substitute(language=t.language, title=escape(title), content=content)
    return HTMLResponse(text, status, HEADERS)
