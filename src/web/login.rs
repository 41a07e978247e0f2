//! Signing in by the token: a form that leaves a cookie, for browsers; whoever has no browser sends the token itself.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use maud::{Markup, html};
use url::form_urlencoded;

use super::Site;
use super::guard::{COOKIE, cookie_of};
use super::layout::{Frame, framed};
use super::reply::{problem, refused_page};
use crate::settings::PageAuth;

/// How long a browser stays signed in, in seconds: a week.
const SIGNED_IN_S: u32 = 7 * 24 * 3600;

/// The answer to somebody who isn't let in.
pub(super) fn asked(auth: &PageAuth, json: bool, uri: &Uri) -> Response {
    let mut answer = match (&auth.token, json) {
        (Some(_), true) => problem(StatusCode::UNAUTHORIZED, true, "send the token: Authorization: Bearer …"),
        (Some(_), false) => {
            let back = uri.path_and_query().map_or("/", |target| target.as_str());
            refused_page(StatusCode::UNAUTHORIZED, form(back, None))
        }
        (None, _) => {
            let why =
                "this page is read through the proxy that signs people in, and this request didn't come through it";
            problem(StatusCode::FORBIDDEN, json, why)
        }
    };
    if answer.status() == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"roadmapd\""));
    }
    answer
}

fn form(back: &str, wrong: Option<&str>) -> Markup {
    let body = html! {
        h1 { "Sign in" }
        p.lead { "This page asks for the token of " code { "[page] auth" } "." }
        form.login method="post" action="/login" {
            @if let Some(wrong) = wrong {
                p.alert role="alert" { (wrong) }
            }
            label for="token" { "Token" }
            input #token name="token" type="password" autocomplete="current-password" required autofocus;
            input type="hidden" name="back" value=(back);
            button type="submit" { "Sign in" }
        }
    };
    framed(&Frame::bare("Sign in"), &body)
}

/// `GET /login`.
pub(super) async fn show(State(site): State<Arc<Site>>) -> Response {
    match &site.settings().page.auth {
        Some(PageAuth { token: Some(_), .. }) => refused_page(StatusCode::OK, form("/", None)),
        _ => gone_to("/"),
    }
}

/// `POST /login`.
pub(super) async fn enter(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    let settings = site.settings();
    let Some(whence) = settings.page.auth.as_ref().and_then(|auth| auth.token.as_ref()) else { return gone_to("/") };
    let given = |name: &str| form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value);
    let back = given("back").filter(|back| is_ours(back)).unwrap_or("/".into());
    let token = given("token").unwrap_or_default();
    let token = token.trim();
    if !site.door.fits(whence, token) {
        let wrong = "That isn't the token. It is the value behind [page] auth, not a password of GitHub or Jira.";
        return refused_page(StatusCode::UNAUTHORIZED, form(&back, Some(wrong)));
    }
    // Told by a proxy; whoever claims it falsely only keeps their own cookie from being sent without TLS.
    let secure = headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes() == b"https");
    let secure = if secure { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={SIGNED_IN_S}{secure}", cookie_of(token));
    let mut answer = gone_to(&back);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// A path of this page and nothing that a browser would take for another site.
fn is_ours(back: &str) -> bool {
    back.starts_with('/') && !back.starts_with("//") && back.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

fn gone_to(path: &str) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    let place = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    answer.headers_mut().insert(header::LOCATION, place);
    answer
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn nobody_is_sent_to_another_site_after_signing_in() {
        for (back, ours) in [
            ("/", true),
            ("/matrix?priority=p0", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example", false),
            ("/\r\nSet-Cookie: a=b", false),
            ("", false),
        ] {
            assert_eq!(is_ours(back), ours, "{back:?}");
        }
    }
}
