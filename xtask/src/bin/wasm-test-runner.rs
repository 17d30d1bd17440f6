//! Runs tests compiled to WebAssembly in a browser, by wasm-bindgen's own runner as a library: it
//! has the version of the wasm-bindgen in `Cargo.lock` by construction.
//!
//! `.cargo/config.toml` names it as the runner of the wasm32 target.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
