use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::*;

fn of(document: Value) -> DashboardStructure {
    structure("d", &DashboardDocument::from_value(document).unwrap())
}

/// What one widget is recognized as.
fn widget(mut widget: Value) -> Vec<(StructureKind, StructureSign, bool)> {
    widget["oid"] = json!("w");
    let found = of(json!({"oid": "d", "title": "Board", "widgets": [widget]}));
    found.details.iter().map(|detail| (detail.kind, detail.sign, detail.heuristic)).collect()
}

#[test]
fn both_kinds_of_pivots_count_and_nothing_that_is_only_named_so() {
    let pivot = [(StructureKind::Pivot, StructureSign::WidgetType, false)];
    assert_eq!(widget(json!({"type": "pivot"})), pivot);
    assert_eq!(widget(json!({"type": "pivot2"})), pivot);
    assert_eq!(widget(json!({"type": "tablewidget", "title": "pivot"})), []);
    assert_eq!(widget(json!({"type": null})), []);
}

#[test]
fn tabs_are_recognized_by_type_by_card_and_by_script() {
    let tabber = |sign, heuristic| [(StructureKind::Tabber, sign, heuristic)];
    for kind in ["WidgetsTabber", "widgetstabber"] {
        // A script besides the type does not count twice.
        let both = json!({"type": kind, "script": "widget.tabs = []"});
        assert_eq!(widget(both), tabber(StructureSign::WidgetType, false));
    }
    let card = json!({"type": "BloX", "style": {"currentCard": {"actions": [
        {"type": "Filters"}, {"type": "tabber", "title": "Next"}]}}});
    assert_eq!(widget(card), tabber(StructureSign::CardAction, false));
    let select = json!({"type": "BloX", "style": {"currentCard": {"body": [
        {"selectAction": {"type": "Tabber"}}]}}});
    assert_eq!(widget(select), tabber(StructureSign::CardAction, false));
    for script in ["widget.tabs=[{}]", "x();\nwidget.tabs  =\n [];"] {
        let scripted = json!({"type": "richtexteditor", "script": script});
        assert_eq!(widget(scripted), tabber(StructureSign::Script, true), "{script}");
    }
}

#[test]
fn words_that_only_resemble_tabs_are_none() {
    for script in [
        "if (widget.tabs == 1) {}",
        "widget.tabs.push(1)",
        "mywidget.tabs = 1",
        "other.widget.tabs = 1",
        "widget.tabsShown = 1",
        "",
    ] {
        assert_eq!(widget(json!({"type": "indicator", "script": script})), [], "{script}");
    }
    // A text on a card is no action.
    let text = json!({"type": "BloX", "style": {"currentCard": {"body": [{"type": "Tabber"}]}}});
    assert_eq!(widget(text), []);
}

#[test]
fn accordions_are_always_a_guess() {
    let accordion = |sign| [(StructureKind::Accordion, sign, true)];
    let name = StructureSign::Name;
    assert_eq!(widget(json!({"type": "accordionPlugin"})), accordion(name));
    assert_eq!(widget(json!({"type": "x", "subtype": "my/Accordion"})), accordion(name));
    assert_eq!(
        widget(json!({"type": "x", "options": {"a": [{"isAccordion": 1}]}})),
        accordion(name)
    );
    assert_eq!(widget(json!({"type": "x", "style": {"accordion": {}}})), accordion(name));
    let scripted = json!({"type": "x", "script": "$('.ACCORDION').hide()"});
    assert_eq!(widget(scripted), accordion(StructureSign::Script));
    // A text that people read is no sign.
    let text = json!({"type": "richtexteditor", "style": {"content": {"html": "The accordion"}}});
    assert_eq!(widget(text), []);
}

#[test]
fn an_empty_jump_is_none() {
    let jump = |sign, heuristic| [(StructureKind::JumpToDashboard, sign, heuristic)];
    for empty in [
        json!({"type": "x", "drillToDashboardConfig": {"dashboardIds": []}}),
        json!({"type": "x", "drillToDashboardConfig": null}),
        json!({"type": "x", "options": {"drillTarget": "dummy"}}),
    ] {
        assert_eq!(widget(empty.clone()), [], "{empty}");
    }
    let filled = json!({"dashboardIds": [{"id": "5f", "caption": "Next"}]});
    let targets = jump(StructureSign::Targets, false);
    assert_eq!(widget(json!({"type": "x", "drillToDashboardConfig": filled})), targets);
    let within =
        json!({"type": "x", "options": {"drillToDashboardConfig": {"dashboardIds": ["5f"]}}});
    assert_eq!(widget(within), targets);
    let scripted = json!({"type": "x", "script": "prism.JumpToDashboard(widget, {})"});
    assert_eq!(widget(scripted), jump(StructureSign::Script, true));
    let card = json!({"type": "BloX", "style": {"actions": [{"type": "JumpToDashboard"}]}});
    assert_eq!(widget(card), jump(StructureSign::CardAction, false));
}

#[test]
fn the_script_of_a_dashboard_counts_without_a_widget() {
    let found = of(json!({"oid": "d", "title": "Board", "widgets": [],
                          "script": "prism.jumpToDashboard(dashboard, {})"}));
    assert_eq!((found.jump_to_dashboard_count, found.heuristic), (1, true));
    assert_eq!(found.details[0].widget_id, None);
}

#[test]
fn a_widget_may_be_several_things_and_all_are_counted() {
    let found = of(json!({"oid": "d", "title": "Board", "widgets": [
        {"oid": "a", "type": "pivot2", "title": "Wide", "script": "jumpToDashboard()"},
        {"oid": "b", "type": "pivot"}, {"oid": "c", "type": "chart/pie"}],
        "filters": [{"jaql": {}}, {"levels": [{}, {}, {}, {}], "isCascading": true}, {"levels": null}]}));
    assert_eq!((found.widget_count, found.pivot_count), (3, 2));
    assert_eq!(
        (found.jump_to_dashboard_count, found.tabber_count, found.accordion_count),
        (1, 0, 0)
    );
    assert_eq!((found.filter_levels, found.heuristic), (4, true));
    assert_eq!(found.details[0].widget_title.as_deref(), Some("Wide"));
    let plain = of(json!({"oid": "d", "widgets": [{"oid": "a", "type": "pivot2"}]}));
    assert_eq!((plain.filter_levels, plain.heuristic, plain.dashboard_title), (0, false, None));
}
