//! A drawing as a picture of pixels, made by the browser.

use gloo::utils::document;
use js_sys::{Promise, encode_uri_component};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement};

/// Pixels for each unit of a drawing, where there is room for so many.
const SHARPNESS: f64 = 2.0;
/// The longest side that every browser's canvas can have.
const LONGEST_SIDE: f64 = 16_384.0;
/// The most pixels that every browser's canvas can have.
const MOST_PIXELS: f64 = 16_777_216.0;
/// Below this many pixels for each unit its text cannot be read.
const LEAST_SHARPNESS: f64 = 0.7;

/// Draws all of an SVG document, on white whatever the theme is, as PNG.
///
/// # Errors
///
/// One sentence, when it is too large, or the browser cannot draw it.
pub async fn picture(drawing: &[u8]) -> Result<Blob, String> {
    let failed = |_: JsValue| "the browser cannot draw the picture; save the drawing".to_owned();
    let image = HtmlImageElement::new().map_err(failed)?;
    // A data URL, because a drawing behind one of another kind may not be read back everywhere.
    let source = encode_uri_component(&on_white(&String::from_utf8_lossy(drawing)));
    image.set_src(&format!("data:image/svg+xml,{}", String::from(source)));
    JsFuture::from(image.decode()).await.map_err(failed)?;
    let (width, height) = (f64::from(image.natural_width()), f64::from(image.natural_height()));
    let sharpness = sharpness(width, height)
        .ok_or("the flow is too long for one picture; save the drawing instead")?;

    let canvas: HtmlCanvasElement =
        document().create_element("canvas").map_err(failed)?.unchecked_into();
    canvas.set_width(pixels(width * sharpness));
    canvas.set_height(pixels(height * sharpness));
    let context = canvas.get_context("2d").map_err(failed)?;
    let context: CanvasRenderingContext2d =
        context.ok_or(JsValue::NULL).map_err(failed)?.unchecked_into();
    context.scale(sharpness, sharpness).map_err(failed)?;
    context.draw_image_with_html_image_element(&image, 0.0, 0.0).map_err(failed)?;
    let blob = JsFuture::from(Promise::new(&mut |resolve, _| {
        // The browser calls it back with the picture, or with null; an error leaves it uncalled.
        if canvas.to_blob(&resolve).is_err() {
            // What was just made by the browser can be called.
            let _ = resolve.call1(&JsValue::NULL, &JsValue::NULL);
        }
    }))
    .await
    .map_err(failed)?;
    blob.dyn_into::<Blob>().map_err(failed)
}

/// Pixels for each unit; none if the text could not be read.
fn sharpness(width: f64, height: f64) -> Option<f64> {
    let by_side = LONGEST_SIDE / width.max(height);
    let by_area = (MOST_PIXELS / (width * height)).sqrt();
    Some(SHARPNESS.min(by_side).min(by_area)).filter(|sharpness| *sharpness >= LEAST_SHARPNESS)
}

/// The drawing without its colours for dark surroundings: a picture is for papers.
fn on_white(drawing: &str) -> String {
    drawing.replacen("(prefers-color-scheme:dark)", "not all", 1)
}

fn pixels(length: f64) -> u32 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded by the longest side above"
    )]
    let pixels = length.round() as u32;
    pixels.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_sharp_so_long_as_a_canvas_can_hold_it() {
        for (width, height, expected) in [
            (800.0, 1_000.0, Some(2.0)),
            (800.0, 10_000.0, Some(1.448)),
            (300.0, 20_000.0, Some(0.819)),
            (800.0, 60_000.0, None),
        ] {
            let found = sharpness(width, height);
            let close = match (found, expected) {
                (Some(found), Some(expected)) => (found - expected).abs() < 0.001,
                (found, expected) => found == expected,
            };
            assert!(close, "{width} × {height}: {found:?}");
        }
    }

    #[test]
    fn a_picture_is_on_white() {
        let flow = recscope_flow::Flow::default();
        let drawing = recscope_flow::svg::to_svg(&flow, &Default::default());
        assert!(drawing.contains("prefers-color-scheme"));
        assert!(!on_white(&drawing).contains("prefers-color-scheme"));
    }
}
