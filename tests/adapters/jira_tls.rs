//! Certificates of one's own: a server whose authority only `ca_file` names.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use roadmapd::tracker::{Ask, Fetch, Tracker, TrackerConfig, Trouble, TroubleKind, install_tls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::support::{Shelf, TOKEN, jira_config, policy, token_file};

/// Made for these tests alone, valid for a hundred years.
fn sample(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(name)
}

/// A server on this machine that refuses every credential; its address.
fn serve() -> String {
    install_tls();
    let pem = std::fs::read(sample("tls_server.pem")).expect("a sample");
    let chain = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>().expect("certificates");
    let key = PrivateKeyDer::from_pem_slice(&pem).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).expect("a server");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("https://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Ok(connection) = ServerConnection::new(Arc::clone(&config)) else { continue };
            let mut stream = StreamOwned::new(connection, stream);
            let (mut asked, mut some) = (Vec::new(), [0; 1024]);
            while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut some) {
                    Ok(n) if n > 0 => asked.extend_from_slice(&some[..n]),
                    _ => break,
                }
            }
            let answer =
                "HTTP/1.1 401 \r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            let _ = stream.write_all(answer.as_bytes());
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    address
}

fn connect(base: &str, ca_file: Option<PathBuf>) -> Result<Tracker, Trouble> {
    let token = token_file(TOKEN);
    let mut config = jira_config(base, &token, None);
    if let TrackerConfig::Jira(config) = &mut config {
        config.ca_file = ca_file;
    }
    Tracker::connect_with(&config, policy())
}

async fn trouble(tracker: &Tracker) -> Trouble {
    let (pages, _keep) = tokio::sync::mpsc::channel(10);
    tracker.poll(Ask::default(), &Shelf::default(), pages).await.expect_err("refused one way or the other")
}

#[tokio::test]
async fn a_server_of_an_authority_of_ones_own_is_trusted_where_ca_file_names_it() {
    let base = serve();
    let strange = trouble(&connect(&base, None).expect("connected")).await;
    assert_eq!(strange.kind, TroubleKind::Unavailable, "{strange}");
    let known = trouble(&connect(&base, Some(sample("tls_ca.pem"))).expect("connected")).await;
    assert_eq!(known.kind, TroubleKind::Unauthorized, "{known}");
}

#[test]
fn a_ca_file_that_is_none_is_named() {
    let empty = tempfile::NamedTempFile::new().expect("a file");
    for file in [PathBuf::from("/nowhere/ca.pem"), empty.path().to_owned()] {
        let trouble = connect("https://jira.acme.example", Some(file.clone())).expect_err("unusable");
        assert_eq!(trouble.kind, TroubleKind::Invalid);
        assert!(trouble.to_string().contains(&format!("ca_file {}", file.display())), "{trouble}");
    }
}
