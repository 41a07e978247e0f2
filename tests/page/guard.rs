//! Who is let in, and what every answer carries.

use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::site::{LOCKED, Site, TOKEN, WRITES, shipped};

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_keep_browsers_from_harm() {
    let site = Site::new(shipped(), WRITES).await;
    for path in ["/", "/?page=0", "/nowhere", "/assets/page.css", "/api/v1/nowhere"] {
        let said = site.get(path).await;
        let policy = said.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(said.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(said.header("referrer-policy"), "no-referrer", "{path}");
    }
    let page = site.get("/").await.body;
    assert!(!page.contains(" style=\"") && !page.contains(" onclick") && !page.contains("<style"), "{page}");
    assert!(page.matches("<script").count() == 1 && page.contains("<script src=\"/assets/page.js?v="), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_name_that_points_at_loopback_is_refused() {
    let site = Site::new(shipped(), &format!("{WRITES}[page]\nhosts = [\"roadmap.acme.example\"]\n")).await;
    let refused = site.ask("GET", "/", &[("host", "evil.example:8780")]).await;
    assert_eq!(refused.status, StatusCode::MISDIRECTED_REQUEST, "{}", refused.body);
    assert!(refused.body.contains("[page] hosts") && !refused.body.contains("acme/"), "{}", refused.body);
    for host in ["localhost:1", "127.0.0.1", "[::1]:8780", "roadmap.acme.example"] {
        assert_eq!(site.ask("GET", "/", &[("host", host)]).await.status, StatusCode::OK, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_nothing_is_shown_without_it_and_a_form_takes_it_once() {
    let site = Site::new(shipped(), &format!("{WRITES}{LOCKED}")).await;
    let page = site.get("/?priority=p0").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.body.contains("<form") && page.body.contains("value=\"/?priority=p0\""), "{}", page.body);
    assert!(!page.body.contains("acme/"), "{}", page.body);
    let api = site.get("/api/v1/roadmap").await;
    assert_eq!((api.status, api.json()["error"].is_string()), (StatusCode::UNAUTHORIZED, true));
    for wrong in ["Bearer open-sesame-0123456788", "Bearer", "Basic b3Blbi1zZXNhbWU=", "Bearer "] {
        let said = site.ask("GET", "/", &[("authorization", wrong)]).await;
        assert_eq!(said.status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(site.ask("GET", "/", &[("authorization", &bearer)]).await.status, StatusCode::OK);

    let wrong = site.send("POST", "/login", &[], "token=guess&back=/matrix").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.header("set-cookie").is_empty() && wrong.body.contains("role=\"alert\""), "{wrong:?}");
    let entered = site.send("POST", "/login", &[], &format!("token={TOKEN}&back=/?priority%3Dp0")).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/?priority=p0"));
    let cookie = entered.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(TOKEN), "{cookie}");
    let cookie = cookie.split(';').next().expect("a pair");
    assert_eq!(site.ask("GET", "/", &[("cookie", cookie)]).await.status, StatusCode::OK);
    let away = site.send("POST", "/login", &[], &format!("token={TOKEN}&back=//evil.example")).await;
    assert_eq!(away.header("location"), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_changed_in_its_file_lets_in_and_the_old_one_does_not() {
    let site = Site::new(shipped(), &format!("{WRITES}{LOCKED}")).await;
    let ask = async |token: &str| {
        let bearer = format!("Bearer {token}");
        site.ask("GET", "/", &[("authorization", &bearer)]).await.status
    };
    assert_eq!(ask(TOKEN).await, StatusCode::OK);
    std::fs::write(site.folder.path().join("token"), "another-token-0123456789").expect("written");
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(ask("another-token-0123456789").await, StatusCode::OK);
    assert_eq!(ask(TOKEN).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxys_header_counts_only_from_where_the_proxy_is() {
    let proxy =
        |from: &str| format!("{WRITES}[page]\nauth = {{ proxy_header = \"X-Forwarded-User\", from = [\"{from}\"] }}\n");
    let site = Site::new(shipped(), &proxy("127.0.0.0/8")).await;
    assert_eq!(site.ask("GET", "/", &[("x-forwarded-user", "ada")]).await.status, StatusCode::OK);
    assert_eq!(site.ask("GET", "/", &[("x-forwarded-user", " ")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.get("/").await.status, StatusCode::FORBIDDEN);
    let elsewhere = Site::new(shipped(), &proxy("10.1.2.3")).await;
    assert_eq!(elsewhere.ask("GET", "/", &[("x-forwarded-user", "ada")]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_only_reads_and_says_so() {
    let site = Site::new(shipped(), WRITES).await;
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let said = site.ask(method, "/", &[]).await;
        assert_eq!(said.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert!(said.body.contains("only reads"), "{}", said.body);
    }
    let (page, head) = (site.get("/").await, site.ask("HEAD", "/", &[]).await);
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.header("content-length"), page.body.len().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_has_already_is_not_sent_again() {
    let site = Site::new(shipped(), WRITES).await;
    for path in ["/", "/assets/page.css"] {
        let first = site.get(path).await;
        let tag = first.header("etag");
        assert!(tag.len() > 10, "{first:?}");
        let again = site.ask("GET", path, &[("if-none-match", tag)]).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(site.ask("GET", path, &[("if-none-match", "\"other\"")]).await.status, StatusCode::OK);
    }
    assert!(site.get("/assets/page.js").await.header("cache-control").contains("immutable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_and_the_page_goes_on() {
    let site = Site::new(shipped(), WRITES).await;
    let long = format!("/?text={}", "x".repeat(5000));
    assert_eq!(site.get(&long).await.status, StatusCode::URI_TOO_LONG);
    let body = format!("token={}", "x".repeat(20_000));
    let locked = Site::new(shipped(), &format!("{WRITES}{LOCKED}")).await;
    assert_eq!(locked.send("POST", "/login", &[], &body).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    // A head without an end: the server hangs up, at the latest when it has had enough of it.
    let mut stream = TcpStream::connect(site.address).await.expect("a connection");
    let line = format!("X-Padding: {}\r\n", "y".repeat(4000));
    let mut sent = stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await;
    for _ in 0..300 {
        if sent.is_err() {
            break;
        }
        sent = stream.write_all(line.as_bytes()).await;
    }
    let mut told = Vec::new();
    let _ = stream.read_to_end(&mut told).await;
    let told = String::from_utf8_lossy(&told);
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 431"), "{told}");
    assert_eq!(site.get("/").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_connection_does_not_keep_the_page_from_stopping() {
    let site = Site::new(shipped(), WRITES).await;
    let mut idle = TcpStream::connect(site.address).await.expect("a connection");
    idle.write_all(b"GET / HTTP/1.1\r\nHost: local").await.expect("half a request");
    site.stop.cancel();
    let started = std::time::Instant::now();
    while TcpStream::connect(site.address).await.is_ok() {
        assert!(started.elapsed().as_secs() < 10, "it still listens");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
