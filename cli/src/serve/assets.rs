//! The app's files: inside this program, or in a folder.

use super::encode;
use anyhow::{Result, bail};
use flate2::Compression;
use flate2::read::GzDecoder;
use std::borrow::Cow;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file of the bundle, as the build script prepared it.
pub(super) struct Embedded {
    path: &'static str,
    media_type: &'static str,
    tag: &'static str,
    gzipped: bool,
    content: &'static [u8],
}

/// Empty where the app was not built before this program.
static BUNDLE: &[Embedded] = &include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

/// Where files are looked up.
pub(super) enum Assets {
    /// Inside this program.
    Embedded(&'static [Embedded]),
    /// Below a folder, read afresh for each request so that a rebuilt app shows at once.
    Folder(PathBuf),
}

/// A file to be sent.
pub(super) struct Asset {
    pub(super) media_type: &'static str,
    pub(super) tag: Cow<'static, str>,
    pub(super) content: Content,
}

/// What is kept of a file.
pub(super) enum Content {
    /// As it is; compressing it is not worth it or not done yet.
    Plain(Cow<'static, [u8]>),
    /// Compressed.
    Gzipped(Cow<'static, [u8]>),
}

impl Assets {
    /// The files inside this program; none where it was built without them.
    pub(super) fn embedded() -> Option<Self> {
        (!BUNDLE.is_empty()).then_some(Self::Embedded(BUNDLE))
    }

    /// The files below a folder.
    ///
    /// # Errors
    /// When it is not a folder with a page in it.
    pub(super) fn folder(folder: &Path) -> Result<Self> {
        let shown = folder.display();
        let Ok(root) = fs::canonicalize(folder) else { bail!("there is no folder {shown}") };
        if !root.join("index.html").is_file() {
            bail!("{shown} holds no index.html: build the app with `cargo xtask dist`");
        }
        Ok(Self::Folder(root))
    }

    /// The file at a path whose segments were checked; `""` is the page.
    pub(super) fn find(&self, path: &str) -> Option<Asset> {
        let path = if path.is_empty() { "index.html" } else { path };
        match self {
            Self::Embedded(bundle) => {
                let file = bundle.iter().find(|file| file.path == path)?;
                let content = Cow::Borrowed(file.content);
                Some(Asset {
                    media_type: file.media_type,
                    tag: Cow::Borrowed(file.tag),
                    content: if file.gzipped {
                        Content::Gzipped(content)
                    } else {
                        Content::Plain(content)
                    },
                })
            }
            Self::Folder(root) => {
                // A link must not lead out of the folder either.
                let file = fs::canonicalize(root.join(path)).ok()?;
                if !file.starts_with(root) || !file.is_file() {
                    return None;
                }
                let content = fs::read(file).ok()?;
                Some(Asset {
                    media_type: encode::media_type(path),
                    tag: Cow::Owned(encode::entity_tag(&content)),
                    content: Content::Plain(Cow::Owned(content)),
                })
            }
        }
    }
}

impl Content {
    /// The bytes to send to one who takes gzip, or not, and whether they are gzipped.
    pub(super) fn encoded(self, accepts_gzip: bool) -> (Cow<'static, [u8]>, bool) {
        match self {
            Self::Gzipped(packed) if accepts_gzip => (packed, true),
            Self::Gzipped(packed) => {
                let mut content = Vec::new();
                // The build script packed it: it unpacks.
                let _ = GzDecoder::new(&*packed).read_to_end(&mut content);
                (Cow::Owned(content), false)
            }
            Self::Plain(content) if accepts_gzip => {
                match encode::gzip(&content, Compression::fast()) {
                    Some(packed) => (Cow::Owned(packed), true),
                    None => (content, false),
                }
            }
            Self::Plain(content) => (content, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embedded_file_is_sent_packed_or_unpacked() {
        let content = b"let app = 1;\n".repeat(50);
        let packed = encode::gzip(&content, Compression::best()).unwrap();
        let bundle = vec![Embedded {
            path: "app.js",
            media_type: "text/javascript",
            tag: "\"1\"",
            gzipped: true,
            content: packed.leak(),
        }];
        let assets = Assets::Embedded(bundle.leak());
        let sent = |accepts_gzip| assets.find("app.js").unwrap().content.encoded(accepts_gzip);
        assert_eq!(sent(false), (Cow::Owned(content), false));
        assert!(matches!(sent(true), (Cow::Borrowed(_), true)), "it is packed already");
        assert!(assets.find("").is_none() && assets.find("other.js").is_none());
    }

    #[test]
    fn what_is_embedded_is_what_was_built() {
        // Without the app there is nothing to look at; with it, all of it must unpack.
        for file in BUNDLE {
            let found = Assets::Embedded(BUNDLE).find(file.path).unwrap();
            let (content, _) = found.content.encoded(false);
            assert_eq!(encode::entity_tag(&content), file.tag, "{}", file.path);
        }
        assert_eq!(Assets::embedded().is_some(), BUNDLE.iter().any(|f| f.path == "index.html"));
    }
}
