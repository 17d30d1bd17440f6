//! One request, one response.

use super::assets::Assets;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::{Method, Response, StatusCode};
use std::borrow::Cow;

/// Sent with every response. The policy allows the app's own scripts, styles and WebAssembly and
/// nothing else: no inline code, no other host, no frame around it.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; \
         style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; \
         connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // A new build is seen at the next load; what did not change is not sent again.
    (header::CACHE_CONTROL, "no-cache"),
];

pub(super) fn respond(assets: &Assets, request: &Request) -> Response<Body> {
    let mut response = answer(assets, request);
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    if request.method() == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
}

fn answer(assets: &Assets, request: &Request) -> Response<Body> {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are served\n");
        response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let found = path(request.uri().path()).and_then(|path| assets.find(&path));
    let Some(asset) = found else {
        return plain(StatusCode::NOT_FOUND, "there is no such file\n");
    };
    let builder = Response::builder()
        .header(header::ETAG, &*asset.tag)
        .header(header::VARY, "accept-encoding");
    if has_tag(request.headers(), &asset.tag) {
        let unchanged = builder.status(StatusCode::NOT_MODIFIED).body(Body::empty());
        return unchanged.unwrap_or_default();
    }
    let (content, gzipped) = asset.content.encoded(accepts_gzip(request.headers()));
    let mut builder = builder
        .header(header::CONTENT_TYPE, asset.media_type)
        .header(header::CONTENT_LENGTH, content.len());
    if gzipped {
        builder = builder.header(header::CONTENT_ENCODING, "gzip");
    }
    let body = match content {
        Cow::Borrowed(content) => Body::from(content),
        Cow::Owned(content) => Body::from(content),
    };
    builder.body(body).unwrap_or_default()
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .header(header::CONTENT_LENGTH, text.len())
        .body(Body::from(text))
        .unwrap_or_default()
}

/// The file's path within the bundle: decoded, without the leading slash. None for one that is
/// not a plain way down: `..`, hidden files, backslashes, drive letters, control characters.
fn path(uri: &str) -> Option<String> {
    let decoded = percent_decoded(uri.strip_prefix('/')?)?;
    if decoded.is_empty() {
        return Some(decoded);
    }
    let harmless = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && !segment.contains(|c: char| c.is_control() || matches!(c, '\\' | ':'))
    };
    decoded.split('/').all(harmless).then_some(decoded)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let value = digit()? * 16 + digit()?;
        decoded.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(decoded).ok()
}

/// Whether the client has the content of this tag already.
fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH);
    values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |given| {
            let opaque = |tag: &'_ str| tag.trim().trim_start_matches("W/").to_owned();
            given.trim() == "*" || opaque(given) == opaque(tag)
        },
    )
}

/// Whether the client takes gzip (RFC 9110 12.5.3): named, or by `*`, and not with a weight of 0.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING);
    let codings = values.iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for coding in codings.flat_map(|value| value.split(',')) {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f64>);
        let wanted = weight.is_ok_and(|weight| weight > 0.0);
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return wanted,
            "*" => any = wanted,
            _ => {}
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_plain_ways_down_are_paths() {
        for (uri, expected) in [
            ("/", Some("")),
            ("/app.js", Some("app.js")),
            ("/samples/a%20b.wav", Some("samples/a b.wav")),
            ("/../Cargo.toml", None),
            ("/samples/%2e%2e/x", None),
            ("/samples%2f..%2fx", None),
            ("/..%5cx", None),
            ("/c:/x", None),
            ("/%00", None),
            ("/.git/config", None),
            ("/samples/", None),
            ("//etc/passwd", None),
            ("/%f", None),
            ("/%zz", None),
            ("/%ff", None),
            ("*", None),
        ] {
            assert_eq!(path(uri).as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn gzip_is_negotiated_by_name_and_weight() {
        for (value, expected) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("identity", false),
            ("", false),
            ("gzip;q=x", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(accepts_gzip(&headers), expected, "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
