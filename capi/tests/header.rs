//! The committed header is what the crate says.

use std::path::Path;

/// Writes the header anew: `RECSCOPE_UPDATE=1 cargo test -p recscope-capi --test header`.
#[test]
fn the_header_is_up_to_date() {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = crate_dir.join("include/recscope.h");
    let config = cbindgen::Config::from_file(crate_dir.join("cbindgen.toml")).unwrap();
    let bindings =
        cbindgen::Builder::new().with_config(config).with_crate(crate_dir).generate().unwrap();
    let mut written = Vec::new();
    bindings.write(&mut written);
    let written = String::from_utf8(written).unwrap();
    if std::env::var_os("RECSCOPE_UPDATE").is_some() {
        std::fs::write(&file, &written).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == written,
        "include/recscope.h is not what cbindgen makes of the crate; type: \
         RECSCOPE_UPDATE=1 cargo test -p recscope-capi --test header"
    );
}
