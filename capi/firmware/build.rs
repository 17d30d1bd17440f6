//! Gives the programs their places in memory.

fn main() {
    println!("cargo::rerun-if-changed=link.ld");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "none") {
        let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-T{folder}/link.ld");
        // Functions that came out the same are kept once.
        println!("cargo::rustc-link-arg-bins=--icf=all");
    }
}
