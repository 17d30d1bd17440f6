//! The worker: reads files and answers questions about them.

fn main() {
    recscope_web::worker::start();
}
