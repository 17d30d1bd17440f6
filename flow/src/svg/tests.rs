use super::*;
use crate::cases;
use crate::layout::Density;
use proptest::prelude::*;
use roxmltree::{Document, Node};

fn classed<'a>(document: &'a Document<'a>, class: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(move |node| {
        node.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class))
    })
}

fn text_of(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
}

#[test]
fn flows_are_drawn_as_before() {
    let (call, recording) = (cases::call(), cases::recording());
    let natural = LayoutOptions::natural(&call, Density::Comfortable);
    insta::assert_snapshot!("call", to_svg(&call, &natural));
    insta::assert_snapshot!("recording", to_svg(&recording, &LayoutOptions::default()));
    insta::assert_snapshot!("narrow", to_svg(&recording, &LayoutOptions::fit(&recording, 390.0)));
}

#[test]
fn every_item_is_drawn_once_and_says_what_it_is() {
    let flow = cases::recording();
    let svg = to_svg(&flow, &LayoutOptions::default());
    let document = Document::parse(&svg).unwrap();
    let mut indexes: Vec<usize> = document
        .descendants()
        .filter_map(|node| node.attribute("data-index")?.parse().ok())
        .collect();
    indexes.sort_unstable();
    assert_eq!(indexes, (0..flow.items.len()).collect::<Vec<_>>());
    let forbidden = classed(&document, "failure").find(|node| node.has_attribute("data-index"));
    assert!(text_of(forbidden.unwrap()).contains("403 Forbidden"));
    assert_eq!(classed(&document, "cross").count(), 1, "one message was lost");
    let title = classed(&document, "title").next().unwrap();
    assert_eq!(text_of(title), "Server recording <BX6> & \"record server\"");
}

#[test]
fn a_tall_drawing_repeats_its_heads_at_the_foot() {
    let heads = |messages| {
        let svg = to_svg(&cases::long(messages), &LayoutOptions::default());
        classed(&Document::parse(&svg).unwrap(), "head").count()
    };
    assert_eq!(heads(4), 2);
    assert_eq!(heads(100), 4);
}

#[test]
fn text_is_escaped_for_content_and_attributes() {
    let hostile = "</text><script>alert('1')</script> & \"x\" \u{0}\u{ffff}";
    let expected = "&lt;/text&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot; \u{fffd}\u{fffd}";
    assert_eq!(Escaped(hostile).to_string(), expected);
}

proptest! {
    #[test]
    fn any_flow_is_well_formed_xml_without_scripts(flow in cases::any_flow()) {
        let svg = to_svg(&flow, &LayoutOptions::default());
        let document = Document::parse(&svg).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for node in document.descendants().filter(Node::is_element) {
            let name = node.tag_name().name();
            prop_assert!(["svg", "g", "title", "style", "rect", "path", "text", "tspan"].contains(&name));
            prop_assert!(node.attributes().all(|attribute| !attribute.name().starts_with("on")));
        }
    }

    #[test]
    fn a_parser_reads_back_what_was_escaped(text in cases::text()) {
        let xml = format!("<a b=\"{0}\">{0}</a>", Escaped(&text));
        let document = Document::parse(&xml).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let shown = measure::plain(&text);
        prop_assert_eq!(document.root_element().text().unwrap_or_default(), &*shown);
        prop_assert_eq!(document.root_element().attribute("b"), Some(&*shown));
    }
}
