//! Leaving out of a script what only a reader wants: a tenth of what wasm-bindgen writes, gzipped.

/// A script without its indentation, empty lines, and lines of comment.
///
/// A script with a template literal over several lines stays as it is, for there indentation is
/// content.
pub(super) fn squeeze(script: &str) -> String {
    if script.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return script.to_owned();
    }
    let mut squeezed = String::with_capacity(script.len());
    let mut is_comment = false;
    for line in script.lines().map(str::trim) {
        is_comment |= line.starts_with("/*");
        if !(is_comment || line.is_empty() || line.starts_with("//")) {
            squeezed.push_str(line);
            squeezed.push('\n');
        }
        is_comment &= !line.ends_with("*/");
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_stays_and_what_is_read_goes() {
        let script = "/**\n * Adds.\n */\nexport function add(a, b) {\n    // Both.\n\n    \
                      return a /* here */ + b;\n}\n/* One line. */\nadd(1, 2);\n";
        let squeezed = "export function add(a, b) {\nreturn a /* here */ + b;\n}\nadd(1, 2);\n";
        assert_eq!(squeeze(script), squeezed);
    }

    #[test]
    fn a_text_of_several_lines_is_left_alone() {
        let script = "const text = `one\n    two`;\n";
        assert_eq!(squeeze(script), script);
    }
}
