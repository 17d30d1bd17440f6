use super::*;
use crate::cases;
use proptest::prelude::*;

fn comfortable(flow: &Flow) -> Layout {
    layout(flow, &LayoutOptions::default())
}

#[test]
fn rows_follow_each_other_without_holes() {
    let flow = cases::recording();
    let layout = comfortable(&flow);
    assert_eq!(layout.rows(), flow.items.len());
    for index in 1..layout.rows() {
        let (above, below) = (layout.row(&flow, index - 1), layout.row(&flow, index));
        let (above, below) = (above.unwrap(), below.unwrap());
        assert!((above.y + above.height - below.y).abs() < 1e-9);
        assert!(below.line_y > below.y && below.line_y < below.y + below.height);
    }
    assert_eq!(layout.row(&flow, layout.rows()), None);
}

#[test]
fn arrows_run_from_life_line_to_life_line() {
    let flow = cases::call();
    let layout = comfortable(&flow);
    let (left, right) = (layout.lifelines[0].x, layout.lifelines[1].x);
    let Some(Shape::Arrow(invite)) = layout.shape(&flow, 0) else { panic!("not an arrow") };
    assert_eq!((invite.x1, invite.x2), (left, right));
    assert_eq!(invite.badge.as_deref(), Some("×2"), "one retransmission makes two in all");
    assert_eq!(invite.tag, None, "one protocol needs no tags");
    let Some(Shape::Arrow(trying)) = layout.shape(&flow, 1) else { panic!("not an arrow") };
    assert_eq!((trying.x1, trying.x2), (right, left));
    assert_eq!(
        (trying.dash, trying.head),
        (crate::appearance::Dash::Dotted, crate::appearance::Head::Open)
    );
}

#[test]
fn flows_of_several_protocols_are_tagged() {
    let flow = cases::recording();
    let layout = comfortable(&flow);
    let tags: Vec<_> = (0..layout.rows())
        .filter_map(|row| match layout.shape(&flow, row) {
            Some(Shape::Arrow(arrow)) => arrow.tag,
            _ => None,
        })
        .collect();
    assert_eq!(
        tags,
        ["LOCAL", "LOCAL", "CMD", "CMD", "CMD", "SIP", "SIP", "SIP", "SIP", "CMD", "CMD"]
    );
}

#[test]
fn a_lost_message_ends_in_a_cross_before_the_other_life_line() {
    let flow = cases::recording();
    let layout = comfortable(&flow);
    let Some(Shape::Arrow(lost)) = layout.shape(&flow, 4) else { panic!("not an arrow") };
    let cross = lost.cross_x.unwrap();
    assert!(lost.x1 < cross && cross < lost.x2);
    assert_eq!(lost.end(), (cross, lost.y));
}

#[test]
fn a_message_to_oneself_is_a_loop() {
    let flow = cases::recording();
    let layout = comfortable(&flow);
    let Some(Shape::Arrow(own)) = layout.shape(&flow, 2) else { panic!("not an arrow") };
    let Route::Loop { x, y2 } = own.route else { panic!("not a loop") };
    assert!(x > own.x1 && y2 > own.y);
    assert_eq!(own.end(), (own.x1, y2));
}

#[test]
fn a_band_spans_the_rows_within_its_time() {
    let flow = cases::call();
    let layout = comfortable(&flow);
    let bye = layout.row(&flow, 7).unwrap();
    let Some(Shape::Band(sent)) = layout.shape(&flow, 5) else { panic!("not a band") };
    let Some(Shape::Band(received)) = layout.shape(&flow, 6) else { panic!("not a band") };
    assert!(sent.y2 > received.y && sent.y2 < bye.line_y, "it ends before the BYE");
    assert!(sent.x1 < sent.x2 && received.x1 > received.x2);
    assert!((sent.x1 - received.x2).abs() > 3.0, "two at once lie beside each other");
}

#[test]
fn a_band_that_outlives_the_last_message_has_room_below_it() {
    let mut flow = cases::call();
    flow.items.truncate(7);
    let layout = comfortable(&flow);
    let last = layout.row(&flow, 6).unwrap();
    let Some(Shape::Band(received)) = layout.shape(&flow, 6) else { panic!("not a band") };
    assert!(received.y2 > last.y + last.height && received.y2 < layout.height);
}

#[test]
fn bands_in_sight_include_those_that_began_above() {
    let flow = cases::recording();
    let layout = comfortable(&flow);
    let info = layout.row(&flow, 10).unwrap();
    let seen: Vec<_> = layout.bands_between(info.y, info.y + 1.0).map(|band| band.row).collect();
    assert_eq!(seen, [8]);
    assert_eq!(layout.bands_between(0.0, 50.0).count(), 0);
}

#[test]
fn pauses_of_a_second_and_more_can_be_seen() {
    let flow = cases::call();
    let layout = comfortable(&flow);
    let [ringing, ok, bye] = [2, 3, 7].map(|row| layout.row(&flow, row).unwrap().height);
    assert!(ringing < ok && ok < bye);
}

#[test]
fn only_the_rows_in_sight_are_named() {
    let flow = cases::long(1_000);
    let layout = comfortable(&flow);
    let row = layout.row(&flow, 500).unwrap();
    assert_eq!(layout.rows_between(row.y, row.y + row.height), 500..501);
    assert_eq!(layout.rows_between(row.y - 1.0, row.y + row.height + 1.0), 499..502);
    assert_eq!(layout.rows_between(f64::MIN, f64::MAX), 0..1_000);
    assert!(layout.rows_between(1e12, 2e12).len() <= 1);
    assert!(layout.rows_between(9.0, 3.0).is_empty());
}

#[test]
fn time_and_height_are_inverse() {
    let flow = cases::call();
    let layout = comfortable(&flow);
    for (row, item) in flow.items.iter().enumerate() {
        let line = layout.row(&flow, row).unwrap().line_y;
        assert!((layout.y_at(&flow, item.time_us()) - line).abs() < 1e-9);
        assert_eq!(layout.time_at(&flow, line), item.time_us());
    }
    let start = flow.items[5].time_us();
    let between = start + 4_000;
    let y = layout.y_at(&flow, between);
    assert!((layout.time_at(&flow, y) - between).abs() <= 1);
    assert_eq!(layout.time_at(&flow, -5.0), flow.items[0].time_us());
    assert_eq!(layout.time_at(&flow, 1e9), flow.items[8].time_us());
}

#[test]
fn three_actors_fit_a_phone_screen() {
    let mut flow = cases::recording();
    flow.actors.truncate(3);
    flow.items
        .retain(|item| !matches!(item, Item::Message(arrow) if arrow.from > 2 || arrow.to > 2));
    flow.items.retain(|item| !matches!(item, Item::Media(_)));
    let options = LayoutOptions::fit(&flow, 390.0);
    assert_eq!(options.density, Density::Compact);
    assert!(layout(&flow, &options).width <= 390.0 + 1e-9);
}

#[test]
fn actors_that_do_not_exist_share_a_line_at_the_right() {
    let mut flow = cases::call();
    if let Some(Item::Message(arrow)) = flow.items.first_mut() {
        arrow.to = 99;
    }
    let layout = comfortable(&flow);
    assert_eq!(layout.lifelines.len(), 3);
    assert_eq!(layout.lifelines[2].actor, None);
    let Some(Shape::Arrow(arrow)) = layout.shape(&flow, 0) else { panic!("not an arrow") };
    assert_eq!(arrow.x2, layout.lifelines[2].x);
}

#[test]
fn drawn_to_scale_a_silence_is_as_long_as_it_took() {
    let flow = cases::recording();
    let spacing = Spacing::Scaled { px_per_second: 50.0 };
    let layout = layout(&flow, &LayoutOptions { spacing, ..LayoutOptions::default() });
    let mut silences = 0;
    for index in 1..layout.rows() {
        let row = layout.row(&flow, index).unwrap();
        let above = layout.row(&flow, index - 1).unwrap();
        let px = row.delta_us.unwrap() as f64 / 1e6 * 50.0;
        let apart = row.line_y - above.line_y;
        if row.pause > 0.0 {
            assert!((apart - px).abs() < 1e-9, "row {index} is {apart} px below, not {px}");
            silences += 1;
        } else {
            assert!(apart >= px, "rows have room for themselves");
        }
    }
    assert!(silences > 0, "the case has a silence");
}

/// The first message of a call, arriving so much later than it was sent, and the layout of both.
fn delayed(us: i64, spacing: Spacing) -> (Flow, Layout) {
    let mut flow = cases::call();
    let Some(Item::Message(invite)) = flow.items.first_mut() else { panic!("not a message") };
    invite.arrived_us = Some(invite.time_us + us);
    let layout = layout(&flow, &LayoutOptions { spacing, ..LayoutOptions::default() });
    (flow, layout)
}

fn tip(flow: &Flow, layout: &Layout) -> f64 {
    let Some(Shape::Arrow(arrow)) = layout.shape(flow, 0) else { panic!("not an arrow") };
    assert_eq!(arrow.end().0, arrow.x2);
    arrow.end().1
}

#[test]
fn an_arrow_that_took_its_time_ends_at_the_height_of_its_arrival() {
    // 200 OK is sent at 2.5 s, 180 Ringing at 0.12 s.
    for spacing in [Spacing::Even, Spacing::Scaled { px_per_second: 100.0 }] {
        let (flow, layout) = delayed(1_300_000, spacing);
        let [ringing, ok] = [2, 3].map(|row| layout.row(&flow, row).unwrap().line_y);
        let tip = tip(&flow, &layout);
        assert!(ringing < tip && tip < ok, "{ringing} {tip} {ok}");
        let Some(Shape::Arrow(arrow)) = layout.shape(&flow, 0) else { panic!("not an arrow") };
        assert!(arrow.line_path().contains('L'), "{}", arrow.line_path());
    }
    let (flow, layout) = delayed(2_500_000, Spacing::Scaled { px_per_second: 100.0 });
    let ok = layout.row(&flow, 3).unwrap();
    assert!((tip(&flow, &layout) - ok.line_y).abs() < 0.01, "both happen at one time");
}

#[test]
fn an_arrow_that_took_hardly_any_time_is_level() {
    let (flow, layout) = delayed(5_000, Spacing::Even);
    assert_eq!(tip(&flow, &layout), layout.row(&flow, 0).unwrap().line_y);
    assert!(layout.slants.is_empty());
    let Some(Shape::Arrow(arrow)) = layout.shape(&flow, 0) else { panic!("not an arrow") };
    assert!(arrow.line_path().contains('H'), "{}", arrow.line_path());
    let (flow, layout) = delayed(30_000, Spacing::Even);
    let row = layout.row(&flow, 0).unwrap();
    let down = tip(&flow, &layout) - row.line_y;
    assert!(down >= 9.0, "{down} px can be seen");
}

#[test]
fn the_parts_of_a_slow_arrow_in_each_row_join_up() {
    let (flow, layout) = delayed(2_600_000, Spacing::Even);
    let Some(Shape::Arrow(arrow)) = layout.shape(&flow, 0) else { panic!("not an arrow") };
    let mut end = (arrow.x1, arrow.y);
    let mut tip = None;
    let is_near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1) < 1e-6;
    for row in 0..layout.rows() {
        let row = layout.row(&flow, row).unwrap();
        match arrow.part(row.y, row.y + row.height) {
            Some(Part::Line(from, to)) => {
                assert!(is_near(from, end), "it goes on where it left the row above");
                assert!(tip.is_none() && is_near(to, (to.0, row.y + row.height)), "{to:?}");
                end = to;
            }
            Some(Part::End(rest)) => {
                assert!(is_near((rest.x1, rest.y), end), "{rest:?}");
                assert!(tip.replace(rest.end()).is_none(), "it ends once");
            }
            None => assert!(tip.is_some(), "it comes through every row as far as its tip"),
        }
    }
    assert_eq!(tip, Some(arrow.end()));
    assert!(end.1 > arrow.y, "it crosses rows");
}

#[test]
fn an_arrow_that_comes_down_from_above_is_in_sight() {
    let (flow, layout) = delayed(2_600_000, Spacing::Even);
    let ringing = layout.row(&flow, 2).unwrap();
    assert_eq!(layout.slants_across(ringing.y).collect::<Vec<_>>(), [0]);
    assert_eq!(layout.slants_across(layout.height).count(), 0);
    assert_eq!(layout.slants_across(0.0).count(), 0);
}

#[test]
fn a_flow_of_nothing_has_a_layout() {
    let layout = comfortable(&Flow::default());
    assert!(layout.width > 0.0 && layout.height > 0.0 && layout.rows() == 0);
    assert_eq!(layout.time_at(&Flow::default(), 10.0), 0);
    assert!(layout.y_at(&Flow::default(), 10) >= 0.0);
}

proptest! {
    #[test]
    fn any_flow_has_shapes_within_finite_bounds(
        flow in cases::any_flow(),
        width_per_actor in prop_oneof![0.0f64..500.0, Just(f64::NAN), Just(f64::INFINITY)],
        compact in any::<bool>(),
        px_per_second in prop_oneof![Just(None), (0.0f64..1e9).prop_map(Some), Just(Some(f64::NAN))],
    ) {
        let density = if compact { Density::Compact } else { Density::Comfortable };
        let scaled = |px_per_second| Spacing::Scaled { px_per_second };
        let spacing = px_per_second.map_or(Spacing::Even, scaled);
        let layout = layout(&flow, &LayoutOptions { width_per_actor, density, spacing });
        prop_assert!(layout.width.is_finite() && layout.height.is_finite());
        for index in layout.rows_between(0.0, layout.height) {
            let row = layout.row(&flow, index).unwrap();
            prop_assert!(row.y >= layout.head_height && row.y + row.height <= layout.height);
            match layout.shape(&flow, index).unwrap() {
                Shape::Arrow(arrow) => {
                    prop_assert!(arrow.x1 >= 0.0 && arrow.x2 <= layout.width);
                    prop_assert!(!arrow.line_path().contains("NaN"));
                    prop_assert!(!arrow.head_path().contains("NaN"));
                    prop_assert!(arrow.end().1 <= layout.height);
                }
                Shape::Band(band) => {
                    prop_assert!(band.y2 <= layout.height && band.y2 + 4.0 > band.y);
                }
                Shape::Note(note) => {
                    prop_assert!(note.x >= 0.0 && note.x + note.width <= layout.width + 1e-6);
                    prop_assert!(note.y >= row.y && note.y + note.height <= row.y + row.height);
                }
                Shape::State(mark) => {
                    prop_assert!(mark.x >= 0.0 && mark.y >= row.y);
                }
            }
            let time = flow.items[index].time_us();
            prop_assert!(layout.y_at(&flow, time).is_finite());
            let at = layout.time_at(&flow, row.y);
            prop_assert!(layout.y_at(&flow, at).is_finite());
        }
    }
}
