//! The live model `Sample Lead Generation` and the dashboard `Pipeline`.

use serde_json::json;

use super::board::{Board, agg, date, dim, live, panel, widget};
use super::commerce::rule;
use super::sketch::{model, table};
use super::story::Cast;
use crate::state::Deployment;

pub(super) const TITLE: &str = "Sample Lead Generation";

pub(super) fn settle(deployment: &mut Deployment, cast: &Cast) {
    let tables = vec![
        table(
            "Leads",
            "Snowflake",
            &[
                "Lead ID:int",
                "Campaign ID:int",
                "Account ID:int",
                "Stage:text",
                "Amount:decimal",
                "Opened:datetime",
                "Owner Region:text",
            ],
        )
        .rows(120),
        table("Campaigns", "Snowflake", &["Campaign ID:int", "Campaign:text", "Budget:decimal"])
            .rows(4),
        table("Accounts", "Snowflake", &["Account ID:int", "Account:text", "Industry:text"])
            .rows(5),
    ];
    model(
        deployment,
        TITLE,
        "live",
        &cast.dana,
        tables,
        &[
            ("Leads.Campaign ID", "Campaigns.Campaign ID"),
            ("Leads.Account ID", "Accounts.Account ID"),
        ],
    );
    rule(
        deployment,
        TITLE,
        "Leads",
        "Owner Region",
        "text",
        json!({
            "shares": [{ "partyId": cast.sales, "type": "group" }], "members": ["EMEA"],
            "allMembers": null, "exclusionary": false,
        }),
    );
    rule(
        deployment,
        TITLE,
        "Leads",
        "Owner Region",
        "text",
        json!({
            "shares": [{ "type": "default" }], "members": [], "allMembers": true,
        }),
    );
    Board::new("Pipeline", &cast.conny, live(TITLE))
        .filters(vec![json!({
            "jaql": dim("Leads", "Stage", "text"), "isCascading": false, "disabled": true,
        })])
        .widgets(vec![
            widget(
                "Funnel",
                "chart/funnel",
                "funnel/classic",
                &[
                    panel("categories", &[dim("Leads", "Stage", "text")]),
                    panel("values", &[agg("sum", "Leads", "Amount")]),
                ],
            ),
            widget(
                "Opened",
                "chart/line",
                "line/spline",
                &[
                    panel("x-axis", &[date("Leads", "Opened", "weeks")]),
                    panel("values", &[agg("count", "Leads", "Lead ID")]),
                ],
            ),
            widget(
                "Accounts",
                "tablewidget",
                "",
                &[panel(
                    "columns",
                    &[dim("Accounts", "Account", "text"), dim("Campaigns", "Campaign", "text")],
                )],
            ),
        ])
        .share(&cast.sales, "group", "edit")
        .share(&cast.rd, "group", "view")
        .settle(deployment);
}
