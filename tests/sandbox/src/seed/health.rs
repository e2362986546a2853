//! The model `Sample Healthcare` and its dashboards.

use serde_json::{Value, json};

use super::board::{Board, agg, date, dim, extract, panel, widget};
use super::commerce;
use super::sketch::{custom, model, table};
use super::story::Cast;
use crate::state::Deployment;
use crate::state::doc::{list, set};

pub(super) const TITLE: &str = "Sample Healthcare";

pub(super) fn settle(deployment: &mut Deployment, cast: &Cast) {
    let tables = vec![
        table(
            "Admissions",
            "RedShift",
            &[
                "Admission ID:int",
                "Patient ID:int",
                "Doctor ID:int",
                "Room ID:int",
                "Admission Time:datetime",
                "Cost:decimal",
                "Diagnosis Code:text",
            ],
        )
        .rows(150),
        table(
            "Patients",
            "RedShift",
            &["Patient ID:int", "Gender:text", "Birth Date:datetime", "Blood Type:text"],
        )
        .rows(80),
        table(
            "Doctors",
            "RedShift",
            &["Doctor ID:int", "Full Name:text", "Specialty:text", "Division ID:int"],
        )
        .rows(20),
        table("Divisions", "RedShift", &["Division ID:int", "Division:text"]).rows(4),
        table("Rooms", "RedShift", &["Room ID:int", "Room:text", "Floor:int"]).rows(10),
        table("Diagnosis", "RedShift", &["Diagnosis Code:text", "Diagnosis:text"]).rows(5),
        custom(
            "All Staff",
            "SELECT [Full Name] FROM [Doctors] UNION ALL SELECT [Room] FROM [Rooms]",
            &["Name:text"],
        ),
    ];
    let oid = model(
        deployment,
        TITLE,
        "extract",
        &cast.bruno,
        tables,
        &[
            ("Admissions.Patient ID", "Patients.Patient ID"),
            ("Admissions.Doctor ID", "Doctors.Doctor ID"),
            ("Doctors.Division ID", "Divisions.Division ID"),
            ("Admissions.Room ID", "Rooms.Room ID"),
            ("Admissions.Diagnosis Code", "Diagnosis.Diagnosis Code"),
        ],
    );
    if let Some(model) = deployment.models.get_mut(&oid) {
        // The last relation is left over from a table that was replaced.
        let mut relations = list(model, "relations").to_vec();
        if let Some(last) = relations.last_mut() {
            set(&mut last["columns"][1], "isDropped", true);
        }
        set(model, "relations", relations);
        set(model, "lastSuccessfulBuildTime", super::people::TOUCHED);
    }
    deployment.schedules.insert(
        oid,
        json!({
            "scheduleType": "DaysOfWeek", "buildType": "FULL", "daysOfWeek": ["MON", "THU"],
            "hour": 4, "minute": 30,
        }),
    );
    boards(deployment, cast);
}

fn boards(deployment: &mut Deployment, cast: &Cast) {
    Board::new("Patient Flow", &cast.deniz, extract(TITLE))
        .filters(vec![json!({
            "jaql": date("Admissions", "Admission Time", "years"), "isCascading": false,
        })])
        .widgets(vec![
            widget(
                "Admissions by month",
                "chart/area",
                "area/classic",
                &[
                    panel("x-axis", &[date("Admissions", "Admission Time", "months")]),
                    panel("values", &[agg("count", "Admissions", "Admission ID")]),
                ],
            ),
            widget(
                "By gender",
                "chart/pie",
                "pie/classic",
                &[
                    panel("categories", &[dim("Patients", "Gender", "text")]),
                    panel("values", &[agg("count", "Admissions", "Admission ID")]),
                ],
            ),
        ])
        .share(&cast.analysts, "group", "view")
        .settle(deployment);
    // One widget speaks of another model.
    let mut foreign: Value = widget(
        "Shop visits",
        "indicator",
        "indicator/numeric",
        &[panel("value", &[agg("sum", "Commerce", "Loyalty Points")])],
    );
    set(&mut foreign, "datasource", extract(commerce::TITLE));
    Board::new("Hospital and Shop", &cast.ada, extract(TITLE))
        .widgets(vec![
            widget(
                "Cost by specialty",
                "treemap",
                "",
                &[
                    panel("categories", &[dim("Doctors", "Specialty", "text")]),
                    panel("size", &[agg("sum", "Admissions", "Cost")]),
                ],
            ),
            foreign,
        ])
        .settle(deployment);
}
