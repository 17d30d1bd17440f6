//! The Simulate page, or its worker: which of them, tells the place where the module is started.

fn main() {
    if recscope_web::worker::is_here() {
        recscope_web::simulate::worker::start();
    } else {
        recscope_web::simulate::page::start();
    }
}
