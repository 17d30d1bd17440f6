//! `recscope serve` over real connections.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use assert_cmd::cargo::CommandCargoExt;
use flate2::read::GzDecoder;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A running server, ended when dropped.
struct Server {
    child: Child,
    address: String,
    /// What it serves, beside a file that it must not.
    folder: TempDir,
}

struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = folder.path().join("app");
        fs::create_dir_all(app.join("samples")).unwrap();
        fs::write(app.join("index.html"), "<!doctype html>".repeat(40)).unwrap();
        fs::write(app.join("app_bg.wasm"), b"\0asm\x01\0\0\0").unwrap();
        fs::write(app.join("app.js"), "export {};").unwrap();
        fs::write(app.join("samples").join("a b.wav"), b"RIFF").unwrap();
        fs::write(folder.path().join("secret.txt"), "secret").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path().join("secret.txt"), app.join("link.txt")).unwrap();

        let mut child = Command::cargo_bin("recscope")
            .unwrap()
            .args(["serve", "--port", "0", "--dir"])
            .arg(&app)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, rest) = line.split_once("http://").expect("it says where it is");
        let (address, _) = rest.split_once('/').unwrap();
        Self { child, address: address.to_owned(), folder }
    }

    /// Sends a request line and headers as they are.
    fn request(&self, head: &str) -> Response {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let host = &self.address;
        write!(stream, "{head}\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let (head, body) = (std::str::from_utf8(&answer[..end]).unwrap(), &answer[end + 4..]);
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Response { status, headers: headers.collect(), body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Response {
        self.request(&format!("GET {path} HTTP/1.1"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Response {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

#[test]
fn files_come_with_their_type_and_every_answer_with_the_policy() {
    let server = Server::start();
    for (path, status, media_type) in [
        ("/", 200, "text/html; charset=utf-8"),
        ("/index.html", 200, "text/html; charset=utf-8"),
        ("/?from=link", 200, "text/html; charset=utf-8"),
        ("/app.js", 200, "text/javascript; charset=utf-8"),
        ("/app_bg.wasm", 200, "application/wasm"),
        ("/samples/a%20b.wav", 200, "audio/wav"),
        ("/none.js", 404, "text/plain; charset=utf-8"),
        ("/samples", 404, "text/plain; charset=utf-8"),
    ] {
        let response = server.get(path);
        assert_eq!(response.status, status, "{path}");
        assert_eq!(response.header("content-type"), Some(media_type), "{path}");
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(response.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        let policy = response.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self' "), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    }
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let server = Server::start();
    assert!(server.folder.path().join("secret.txt").is_file());
    for path in [
        "/../secret.txt",
        "/samples/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/samples%2f..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/link.txt",
        "/%00",
    ] {
        let response = server.get(path);
        assert_eq!(response.status, 404, "{path}");
        assert_eq!(response.body, b"there is no such file\n", "{path}");
    }
}

#[test]
fn a_head_request_gets_the_headers_of_a_get() {
    let server = Server::start();
    let (get, head) = (server.get("/"), server.request("HEAD / HTTP/1.1"));
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-length", "content-type", "etag"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    let post = server.request("POST / HTTP/1.1\r\nContent-Length: 0");
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")));
}

#[test]
fn text_is_gzipped_for_those_who_take_it() {
    let server = Server::start();
    let plain = server.get("/");
    assert_eq!(plain.header("content-encoding"), None);
    let packed = server.request("GET / HTTP/1.1\r\nAccept-Encoding: gzip, br");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("vary"), Some("accept-encoding"));
    assert!(packed.body.len() < plain.body.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(&*packed.body).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    let refused = server.request("GET / HTTP/1.1\r\nAccept-Encoding: gzip;q=0");
    assert_eq!(refused.header("content-encoding"), None);
}

#[test]
fn what_the_browser_has_is_not_sent_again_until_it_changes() {
    let server = Server::start();
    let tag = server.get("/app.js").header("etag").unwrap().to_owned();
    let conditional = format!("GET /app.js HTTP/1.1\r\nIf-None-Match: {tag}");
    let unchanged = server.request(&conditional);
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    fs::write(server.folder.path().join("app").join("app.js"), "export default 1;").unwrap();
    let changed = server.request(&conditional);
    assert_eq!((changed.status, changed.body.as_slice()), (200, b"export default 1;".as_slice()));
}

#[test]
fn a_port_in_use_and_a_folder_without_the_app_are_said_so() {
    let server = Server::start();
    let port = server.address.rsplit(':').next().unwrap();
    let says = |arguments: &[&str], folder: &Path| {
        let mut command = assert_cmd::Command::cargo_bin("recscope").unwrap();
        let output = command.args(arguments).arg(folder).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let in_use = says(&["serve", "--port", port, "--dir"], &server.folder.path().join("app"));
    assert!(in_use.contains(&format!("port {port} is in use")), "{in_use}");
    let empty = says(&["serve", "--port", "0", "--dir"], server.folder.path());
    assert!(
        empty.contains("holds no index.html: build the app with `cargo xtask dist`"),
        "{empty}"
    );
}
