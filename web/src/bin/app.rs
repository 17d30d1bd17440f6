//! The page.

fn main() {
    recscope_web::app::start();
}
