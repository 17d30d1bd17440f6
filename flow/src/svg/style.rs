//! The style sheet inside the document. Plain colours and no variables: viewers and editors of
//! SVG outside a browser know no more than that.

use crate::layout::Metrics;
use std::fmt;

/// Font size of the title.
pub(super) const TITLE_FONT: f64 = 15.0;

/// Colours of one surrounding.
struct Theme {
    page: &'static str,
    ink: &'static str,
    quiet: &'static str,
    rule: &'static str,
    head: &'static str,
    note: &'static str,
    note_edge: &'static str,
    request: &'static str,
    success: &'static str,
    challenge: &'static str,
    failure: &'static str,
    media: &'static str,
}

const LIGHT: Theme = Theme {
    page: "#ffffff",
    ink: "#1c2024",
    quiet: "#59636e",
    rule: "#b6bec7",
    head: "#f3f5f7",
    note: "#fff8df",
    note_edge: "#c9a227",
    request: "#0b5cad",
    success: "#14753a",
    challenge: "#8a5a00",
    failure: "#b3261e",
    media: "#6b3fa0",
};

const DARK: Theme = Theme {
    page: "#14171a",
    ink: "#e6e9ec",
    quiet: "#a0a9b2",
    rule: "#4a535c",
    head: "#20252a",
    note: "#332d17",
    note_edge: "#a98a2b",
    request: "#79b8ff",
    success: "#6fcf97",
    challenge: "#e0b050",
    failure: "#ff8a80",
    media: "#c4a3f0",
};

pub(super) fn write(f: &mut fmt::Formatter<'_>, metrics: &Metrics) -> fmt::Result {
    let Metrics { font, small_font, time_font, .. } = metrics;
    writeln!(
        f,
        "<style>\n\
         text{{font:{font}px system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}}\n\
         .title{{font-size:{TITLE_FONT}px;font-weight:600}}\n\
         .time,.delta{{font-size:{time_font}px;font-variant-numeric:tabular-nums;text-anchor:end}}\n\
         .name,.detail{{text-anchor:middle}}\n\
         .name{{font-weight:600}}\n\
         .detail,.note text,.state text,.legend text{{font-size:{small_font}px}}\n\
         .tag,.badge,.rule{{font-size:{small_font}px;font-weight:700}}\n\
         .label{{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}}\n\
         .line,.open,.hollow,.cross,.double,.rails,.lifeline{{fill:none;stroke-width:1.5}}\n\
         .filled,.barred{{stroke-width:1.5}}\n\
         .cross{{stroke-width:2.2}}\n\
         .lifeline{{stroke-width:1}}\n\
         .rails{{stroke-width:2.5}}\n\
         .span{{fill-opacity:.07}}\n\
         .unknown rect{{stroke-dasharray:4 3}}"
    )?;
    LIGHT.write(f)?;
    f.write_str("@media (prefers-color-scheme:dark){\n")?;
    DARK.write(f)?;
    f.write_str("}\n@media print{\n")?;
    LIGHT.write(f)?;
    f.write_str("}\n</style>\n")
}

impl Theme {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { page, ink, quiet, rule, head, note, note_edge, media, .. } = self;
        writeln!(
            f,
            ".page{{fill:{page}}}\n\
             text{{fill:{ink}}}\n\
             .time,.delta,.detail,.legend text{{fill:{quiet}}}\n\
             .label{{stroke:{page}}}\n\
             .lifeline{{stroke:{rule}}}\n\
             .head rect{{fill:{head};stroke:{rule}}}\n\
             .note rect{{fill:{note};stroke:{note_edge}}}\n\
             .state rect{{fill:{head};stroke:{ink}}}\n\
             .band .span{{fill:{media}}}\n\
             .rails,.double{{stroke:{media}}}\n\
             .band .label{{fill:{media}}}\n\
             .line,.open,.hollow,.cross,.filled,.barred{{stroke:{quiet}}}\n\
             .filled,.barred{{fill:{quiet}}}"
        )?;
        for (class, colour) in [
            ("request", self.request),
            ("success", self.success),
            ("challenge", self.challenge),
            ("failure", self.failure),
        ] {
            writeln!(
                f,
                ".{class} path{{stroke:{colour}}}\n\
                 .{class} .filled,.{class} .barred{{fill:{colour}}}\n\
                 .{class} .tag,.{class} .badge{{fill:{colour}}}"
            )?;
        }
        // A cross says "lost" in the colour of failure, whatever was lost.
        writeln!(f, ".message .cross{{stroke:{}}}", self.failure)
    }
}
