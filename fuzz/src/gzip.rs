//! Compressed files.

use crate::cutting::{Numbers, pieces};
use flate2::read::MultiGzDecoder;
use recscope_analyzer::capture::gzip::{Inflater, looks_like_gzip};
use std::io::Read;
use std::iter::once;

/// Bytes inflated at most: enough to fill every buffer several times.
const MOST: usize = 256 * 1024;
/// Room below which pieces of a damaged file may make a difference.
const ROOM: usize = 32 * 1024;

/// What flate2's own reader makes of a file, ours makes of it too; pieces and room change nothing.
pub fn gzip(bytes: &[u8]) {
    if !looks_like_gzip(bytes) {
        return;
    }
    let whole = inflate(once(bytes), 2 * ROOM);
    let mut numbers = Numbers::of(bytes);
    let in_pieces = inflate(pieces(bytes), ROOM + numbers.below(ROOM));
    if whole.0.len() < MOST && in_pieces.0.len() < MOST {
        assert_eq!(in_pieces.1, whole.1);
        assert!(in_pieces.0 == whole.0, "pieces inflate to something else");
    }

    let mut theirs = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(MOST as u64).read_to_end(&mut theirs);
    if read.is_ok() && theirs.len() < MOST {
        assert_eq!(whole.1, [], "flate2 finds nothing wrong");
        assert!(
            whole.0 == theirs,
            "flate2 inflates to {} bytes, not {}",
            theirs.len(),
            whole.0.len()
        );
    }
}

/// All that comes out, up to a little above [`MOST`], and each error behind so many bytes of it.
fn inflate<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    room: usize,
) -> (Vec<u8>, Vec<(usize, String)>) {
    let mut inflater = Inflater::new();
    let (mut inflated, mut errors) = (Vec::new(), Vec::new());
    let mut taken = 0;
    let mut buffer = vec![0; room];
    for mut piece in pieces {
        loop {
            match inflater.push(piece, &mut buffer) {
                Ok((0, 0)) => {
                    assert!(piece.is_empty(), "{} bytes were left and more wanted", piece.len());
                    break;
                }
                Ok((consumed, produced)) => {
                    assert!(consumed <= piece.len() && produced <= buffer.len());
                    piece = &piece[consumed..];
                    taken += consumed;
                    inflated.extend_from_slice(&buffer[..produced]);
                }
                Err(error) => errors.push((inflated.len(), error.to_string())),
            }
            assert!(errors.len() <= 1 + taken, "{errors:?} in {taken} bytes");
            if inflated.len() >= MOST {
                return (inflated, errors);
            }
        }
    }
    if let Err(error) = inflater.finish() {
        errors.push((inflated.len(), error.to_string()));
    }
    (inflated, errors)
}
