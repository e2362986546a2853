use std::fmt::Write as _;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use proptest::strategy::Strategy as _;

use super::*;
use crate::host::Kind;
use crate::testing::World;

async fn answer(text: &str, broken: &[Kind]) -> Answer {
    let world = Arc::new(World { broken: broken.to_vec(), ..World::new() });
    let tools: Arc<dyn Tools> = world.clone();
    let operations: Vec<&Operation> = tools.operations().iter().collect();
    let catalogue = Catalogue::new(operations.iter().copied());
    let directory = Directory::new(Arc::clone(&tools), &Policy::default(), "prod");
    let request = Request {
        text,
        history: &[],
        context: &Context::default(),
        policy: &Policy::default(),
        operations: &operations,
        catalogue: &catalogue,
        tools: tools.as_ref(),
        directory: &directory,
    };
    Offline.plan(&request).await.unwrap()
}

/// An answer in one line: calls, a question, or a no.
fn line(answer: &Answer) -> String {
    match answer {
        Answer::Plan(plan) => {
            let mut out = String::new();
            for call in plan.calls() {
                let args = serde_json::to_string(&call.args).unwrap().replace('"', "'");
                let gap = if out.is_empty() { "" } else { " ; " };
                let args = if args == "{}" { String::new() } else { format!(" {args}") };
                write!(out, "{gap}{}{args}", call.tool).unwrap();
            }
            out
        }
        Answer::Question(question) => format!("? {}: {}", question.tool, question.text),
        Answer::Decline(_) => "no".to_owned(),
    }
}

async fn say(text: &str) -> String {
    line(&answer(text, &[]).await)
}

async fn table(rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, wanted) in rows {
        let said = say(text).await;
        if said != *wanted {
            wrong.push(format!("{text}\n   wanted {wanted}\n   got    {said}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[tokio::test]
async fn reads_in_admins_words() {
    table(&[
        (
            "Which columns are unused in Sample ECommerce?",
            "access.get_unused_columns {'datamodel_name':'Sample ECommerce'}",
        ),
        (
            "which columns are unused in the sample ecommerce cube",
            "access.get_unused_columns {'datamodel_name':'Sample ECommerce'}",
        ),
        (
            "Find the unused fields of ECommerce",
            "access.get_unused_columns {'datamodel_name':'Sample ECommerce'}",
        ),
        (
            "unused columns of Healthcare and Sample ECommerce",
            "access.get_unused_columns_bulk {'datamodels':['Healthcare','Sample ECommerce']}",
        ),
        ("show user ann@example.com", "access.get_user {'user_name':'ann@example.com'}"),
        ("show user carla", "access.get_user {'user_name':'carla@example.com'}"),
        ("What role does Bob Ray have?", "access.get_user {'user_name':'bob@example.com'}"),
        ("who is in group Analysts?", "access.users_per_group {'group_name':'Analysts'}"),
        ("who is in the Analysts group", "access.users_per_group {'group_name':'Analysts'}"),
        (
            "members of the Research and Development group",
            "access.users_per_group {'group_name':'Research and Development'}",
        ),
        ("who is in the Admins group", "access.users_per_group {'group_name':'Admins'}"),
        ("list all users", "access.get_users_all"),
        ("list all dashboards", "dashboard.get_all_dashboards"),
        ("List all data models", "datamodel.get_all_datamodel"),
        ("list all groups", "access.users_per_group_all"),
        ("list all groups with their members", "access.users_per_group_all"),
        (
            "columns of dashboard \"Pipeline\"",
            "dashboard.get_dashboard_columns {'dashboard_name':'Pipeline'}",
        ),
        (
            "Which fields does the Pipeline dashboard use?",
            "dashboard.get_dashboard_columns {'dashboard_name':'Pipeline'}",
        ),
        (
            "describe model Healthcare",
            "datamodel.describe_datamodel {'datamodel_name':'Healthcare'}",
        ),
        (
            "schema of the data model Sample ECommerce",
            "datamodel.get_model_schema {'datamodel_name':'Sample ECommerce'}",
        ),
        (
            "columns of the cube Healthcare",
            "access.get_datamodel_columns {'datamodel_name':'Healthcare'}",
        ),
        (
            "who has access to Pipeline",
            "dashboard.get_dashboard_share {'dashboard_name':'Pipeline'}",
        ),
        (
            "who has access to Healthcare?",
            "datamodel.get_datamodel_shares {'datamodel_name':'Healthcare'}",
        ),
        (
            "show dashboard 5f0000000000000000000009",
            "dashboard.get_dashboard_by_id {'dashboard_id':'5f0000000000000000000009'}",
        ),
        (
            "show me the dashboard Sales Overview",
            "dashboard.get_dashboard_by_name {'dashboard_name':'Sales Overview'}",
        ),
        ("who has the role designer?", "access.get_users_all {'role':'designer'}"),
        (
            "How many rows does the model Sales have?",
            "datamodel.get_row_count {'datamodel_name':'Sales'}",
        ),
        (
            "Is there row level security on the Healthcare cube?",
            "datamodel.get_datasecurity {'datamodel_name':'Healthcare'}",
        ),
        (
            "show data of the table Orders in the model Healthcare",
            "datamodel.get_data {'datamodel_name':'Healthcare','table_name':'Orders'}",
        ),
    ])
    .await;
}

#[tokio::test]
async fn checks_in_admins_words() {
    let everything = "wellcheck.run_full_wellcheck {'dashboards':['*'],'datamodels':['*']}";
    let boards = "wellcheck.run_full_wellcheck {'dashboards':['*']}";
    let models = "wellcheck.run_full_wellcheck {'datamodels':['*']}";
    table(&[
        ("Run a full well-check on everything", everything),
        ("Run a full wellcheck of everything", everything),
        ("do a health check of all dashboards and all data models", everything),
        ("run a health check of all dashboards", boards),
        ("wellcheck all our cubes", models),
        (
            "Run a well check of the data model Healthcare",
            "wellcheck.run_full_wellcheck {'datamodels':['Healthcare']}",
        ),
        (
            "Run a well-check on the dashboard Pipeline",
            "wellcheck.run_full_wellcheck {'dashboards':['Pipeline']}",
        ),
        (
            "Does Healthcare have many-to-many relations?",
            "wellcheck.check_datamodel_m2m_relationships {'datamodels':['Healthcare']}",
        ),
        (
            "find m2m relationships in all data models",
            "wellcheck.check_datamodel_m2m_relationships {'datamodels':['*']}",
        ),
        (
            "Are there island tables in Healthcare?",
            "wellcheck.check_datamodel_island_tables {'datamodels':['Healthcare']}",
        ),
        (
            "which custom tables of Healthcare use UNION?",
            "wellcheck.check_datamodel_custom_tables {'datamodels':['Healthcare']}",
        ),
        (
            "Which tables of Healthcare have an import query?",
            "wellcheck.check_datamodel_import_queries {'datamodels':['Healthcare']}",
        ),
        (
            "Which dashboards have tabbers or accordions?",
            "wellcheck.check_dashboard_structure {'dashboards':['*']}",
        ),
        (
            "find pivots with too many fields in all dashboards",
            "wellcheck.check_pivot_widget_fields {'dashboards':['*']}",
        ),
        (
            "How many widgets does the dashboard Pipeline have?",
            "wellcheck.check_dashboard_widget_counts {'dashboards':['Pipeline']}",
        ),
        (
            "check the data types of the row level security in Healthcare",
            "wellcheck.check_datamodel_rls_datatypes {'datamodels':['Healthcare']}",
        ),
    ])
    .await;
}

#[tokio::test]
async fn writes_in_admins_words() {
    table(&[
        ("Give the Analysts group view access to Pipeline", "dashboard.add_dashboard_shares {'dashboard_id':'5f0000000000000000000000','shares':[{'name':'Analysts','type':'group','rule':'view'}]}"),
        ("Share Pipeline with bob@example.com as editor", "dashboard.add_dashboard_shares {'dashboard_id':'5f0000000000000000000000','shares':[{'name':'bob@example.com','type':'user','rule':'edit'}]}"),
        ("Share the dashboard \"Sales Overview\" with carla and the group Analysts for viewing", "dashboard.add_dashboard_shares {'dashboard_id':'5f0000000000000000000001','shares':[{'name':'carla@example.com','type':'user','rule':'view'},{'name':'Analysts','type':'group','rule':'view'}]}"),
        ("let ann@example.com edit the cube Healthcare", "datamodel.add_datamodel_shares {'datamodel_name':'Healthcare','shares':[{'name':'ann@example.com','type':'user','permission':'EDIT'}]}"),
        ("make carla a designer", "access.update_user {'user_name':'carla@example.com','user_data':{'role':'designer'}}"),
        ("change the role of bob@example.com to data designer", "access.update_user {'user_name':'bob@example.com','user_data':{'role':'dataDesigner'}}"),
        ("delete user bob@example.com", "access.delete_user {'user_name':'bob@example.com'}"),
        ("Please remove the user carla", "access.delete_user {'user_name':'carla@example.com'}"),
        ("delete ann@example.com and bob@example.com", "access.delete_user {'user_name':'ann@example.com'} ; access.delete_user {'user_name':'bob@example.com'}"),
        ("create user dora@corp.io as viewer", "access.create_user {'user_data':{'email':'dora@corp.io','role':'viewer'}}"),
        ("Create a designer for eli@corp.io named Eli Stone in the group Analysts", "access.create_user {'user_data':{'email':'eli@corp.io','role':'designer','first_name':'Eli','last_name':'Stone','groups':['Analysts']}}"),
        ("add bob to group Analysts", "access.update_user {'user_name':'bob@example.com','user_data':{'add_groups':['Analysts']}}"),
        ("remove bob@example.com from the group Analysts", "access.update_user {'user_name':'bob@example.com','user_data':{'remove_groups':['Analysts']}}"),
        ("change the last name of ann@example.com to Miller", "access.update_user {'user_name':'ann@example.com','user_data':{'last_name':'Miller'}}"),
        ("schedule a build of Healthcare every Monday at 6:00", "access.create_schedule_build {'datamodel_name':'Healthcare','days':['MON'],'hour':6,'minute':0}"),
        ("Schedule a full build of the cube Sales every 2 hours", "access.create_schedule_build {'datamodel_name':'Sales','build_type':'FULL','interval_hours':2}"),
        ("give ownership of folder Finance to carla@example.com", "access.change_folder_and_dashboard_ownership {'folder_name':'Finance','new_owner_name':'carla@example.com'}"),
        ("transfer the folder \"Old Stuff\" to bob", "access.change_folder_and_dashboard_ownership {'folder_name':'Old Stuff','new_owner_name':'bob@example.com'}"),
        ("build the cube Healthcare", "datamodel.deploy_datamodel {'datamodel_name':'Healthcare'}"),
        ("create a live data model called \"Finance 2\"", "datamodel.create_datamodel {'datamodel_name':'Finance 2','datamodel_type':'live'}"),
    ])
    .await;
}

#[tokio::test]
async fn two_requests_in_one() {
    table(&[
        ("list all users and list all dashboards", "access.get_users_all ; dashboard.get_all_dashboards"),
        ("List all users, dashboards and data models", "access.get_users_all ; dashboard.get_all_dashboards ; datamodel.get_all_datamodel"),
        ("show user ann@example.com and describe model Healthcare", "access.get_user {'user_name':'ann@example.com'} ; datamodel.describe_datamodel {'datamodel_name':'Healthcare'}"),
        ("who is in Research and Development", "access.users_per_group {'group_name':'Research and Development'}"),
        ("make carla a designer, then add bob to the group Sales", "access.update_user {'user_name':'carla@example.com','user_data':{'role':'designer'}} ; access.update_user {'user_name':'bob@example.com','user_data':{'add_groups':['Sales']}}"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_missing_or_not_clear_is_asked() {
    table(&[
        ("Create a user", "? access.create_user: Which e-mail? Which role? It may be viewer, designer or dataDesigner."),
        ("create user dora@corp.io", "? access.create_user: Which role? It may be viewer, designer or dataDesigner."),
        ("delete a user", "? access.delete_user: Which user?"),
        ("Share Pipeline with bob@example.com", "? dashboard.add_dashboard_shares: Which permission? It may be view or edit."),
        ("share Pipline with bob@example.com as viewer", "? dashboard.add_dashboard_shares: There is no dashboard called exactly \"Pipline\". Did you mean Pipeline (5f0000000000000000000000)?"),
        ("delete user Diaz", "? access.delete_user: Which user is meant by \"Diaz\"? It may be carla@example.com (5f) or carl@example.com (5f)."),
        ("columns of dashboard Twin", "? dashboard.get_dashboard_columns: Which dashboard is meant by \"Twin\"? It may be Twin (5f0000000000000000000002) or Twin (5f0000000000000000000003)."),
        ("who is in the group Marketing?", "? access.users_per_group: There is no group called \"Marketing\". There are 4, such as Analysts, Sales or Research and Development."),
        ("schedule a build of Healthcare every Monday", "? access.create_schedule_build: Which time (UTC)? It may be every Monday at 6:00 or every 2 hours."),
        ("who has access to Orders 2026", "? dashboard.get_dashboard_share: Which kind of thing is meant by \"Orders 2026\"? It may be data model \"Orders 2026\" or dashboard \"Orders 2026\"."),
        ("add bob to the group Analyst", "? access.update_user: There is no group called exactly \"Analyst\". Did you mean Analysts?"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_not_understood_is_declined() {
    for text in [
        "Write me a poem",
        "what is the weather in Berlin?",
        "hello",
        "delete everything",
        "Show me sales by region",
        "drop the production database",
        "remove bob@example.com from the payroll",
        "reboot the server",
        "list users with their phone bills and shoe sizes please",
    ] {
        assert_eq!(say(text).await, "no", "{text}");
    }
}

#[tokio::test]
async fn a_write_is_never_answered_with_a_read_nor_a_question_with_a_write() {
    for text in ["delete user zzz@nowhere.io", "remove the user carla", "who may delete users?"] {
        let writes = text.starts_with("delete") || text.starts_with("remove");
        if let Answer::Plan(plan) = answer(text, &[]).await {
            let tools = World::new();
            for call in plan.calls() {
                assert_eq!(tools.find(&call.tool).unwrap().effect.writes(), writes, "{text}");
            }
        }
    }
}

#[tokio::test]
async fn names_that_cannot_be_listed_are_left_to_the_operation() {
    let all = Kind::ALL;
    let said = line(&answer("who is in the group Marketing?", &all).await);
    assert_eq!(said, "access.users_per_group {'group_name':'Marketing'}");
    let said = line(&answer("delete bob from Analysts", &all).await);
    assert!(said == "no" || said.starts_with('?'), "{said}");
}

#[tokio::test]
async fn case_057_names_are_listed_only_by_an_operation_that_is_there_and_only_reads() {
    for (lister, listed) in [
        (None, true),
        (Some("access.get_users_all"), true),
        (Some("access.delete_user"), false),
        (Some("access.no_such"), false),
    ] {
        let tools: Arc<dyn Tools> = Arc::new(World { lister, ..World::new() });
        let directory = Directory::new(tools, &Policy::default(), "prod");
        directory.load(&[Kind::User]).await;
        assert_eq!(directory.names(Kind::User).is_some(), listed, "{lister:?}");
        assert_eq!(directory.error(Kind::User).is_some(), !listed, "{lister:?}");
    }
}

#[tokio::test]
async fn an_answer_resumes_and_a_new_subject_drops_the_question() {
    for (text, reply, wanted) in [
        (
            "Create a user",
            "dora@corp.io viewer",
            "access.create_user {'user_data':{'email':'dora@corp.io','role':'viewer'}}",
        ),
        (
            "share Pipline with bob@example.com as viewer",
            "Pipeline",
            "dashboard.add_dashboard_shares {'dashboard_id':'5f0000000000000000000000','shares':[{'name':'bob@example.com','type':'user','rule':'view'}]}",
        ),
        (
            "Share Pipeline with bob@example.com",
            "edit",
            "dashboard.add_dashboard_shares {'dashboard_id':'5f0000000000000000000000','shares':[{'name':'bob@example.com','type':'user','rule':'edit'}]}",
        ),
        (
            "who has access to Orders 2026",
            "data model \"Orders 2026\"",
            "datamodel.get_datamodel_shares {'datamodel_name':'Orders 2026'}",
        ),
        ("delete a user", "carla", "access.delete_user {'user_name':'carla@example.com'}"),
        (
            "delete user Diaz",
            "carla@example.com",
            "access.delete_user {'user_name':'carla@example.com'}",
        ),
        (
            "columns of dashboard Twin",
            "5f0000000000000000000003",
            "dashboard.get_dashboard_columns {'dashboard_name':'5f0000000000000000000003'}",
        ),
        ("delete a user", "list all dashboards", "dashboard.get_all_dashboards"),
        (
            "schedule a build of Healthcare every Monday",
            "at 6:00",
            "access.create_schedule_build {'datamodel_name':'Healthcare','days':['MON'],'hour':6,'minute':0}",
        ),
    ] {
        let Answer::Question(question) = answer(text, &[]).await else {
            panic!("no question: {text}")
        };
        assert_eq!(say(&resume(&question, reply)).await, wanted, "{text} / {reply}");
    }
}

#[tokio::test]
async fn the_same_request_always_gets_the_same_answer() {
    for text in ["who has access to Sales", "show Sales", "share Sales with Analysts"] {
        let first = say(text).await;
        for _ in 0..3 {
            assert_eq!(say(text).await, first);
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_is_answered_without_a_panic(
        words in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::sample::select(vec![
                    "delete", "share", "show", "Sales", "Orders 2026", "the", "group", "and", "to",
                    "user", "Diaz", "Twin", "cube", "as", "viewer", "every", "Monday", "at", "6:00",
                    "from", "'", "\"Pipeline\"", "schedule", "build", "make", "a", "with", "of",
                ]).prop_map(str::to_owned),
                "\\PC{0,6}",
            ],
            0..10,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let said = runtime.block_on(answer(&words.join(" "), &[]));
        if let Answer::Plan(plan) = said {
            proptest::prop_assert!(!plan.steps.is_empty());
        }
    }
}

#[tokio::test]
async fn migrations_are_understood_and_their_names_are_those_of_the_source() {
    table(&[
        ("migrate all groups", "migration.migrate_all_groups"),
        ("migrate all users to the target", "migration.migrate_all_users"),
        ("migrate all data models", "migration.migrate_all_datamodels"),
        ("copy all dashboards to the other deployment", "migration.migrate_all_dashboards"),
        (
            "migrate the group Analysts to the target",
            "migration.migrate_groups {'group_name_list':['Analysts']}",
        ),
    ])
    .await;
}

#[tokio::test]
async fn options_are_set_by_what_is_said() {
    table(&[
        (
            "migrate all data models except Sales and Healthcare",
            "migration.migrate_all_datamodels {'exclude':['Sales','Healthcare']}",
        ),
        (
            "migrate the dashboard Pipeline with its shares and overwrite",
            "migration.migrate_dashboards {'dashboard_names':['Pipeline'],'action':'overwrite','migrate_share':true}",
        ),
        (
            "migrate the dashboard Pipeline without its shares",
            "migration.migrate_dashboards {'dashboard_names':['Pipeline'],'migrate_share':false}",
        ),
        (
            "give the folder Finance to carla@example.com but leave the dashboards",
            "access.change_folder_and_dashboard_ownership {'folder_name':'Finance','new_owner_name':'carla@example.com','change_dashboard_ownership':false}",
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_exception_that_cannot_be_made_is_told() {
    for text in [
        "list all users except the admins",
        "list the users who are not in the group Sales",
        "migrate all dashboards except Pipeline",
        "show all dashboards without the ones of carla",
    ] {
        assert_eq!(say(text).await, "no", "{text}");
    }
}

#[tokio::test]
async fn odd_texts_do_no_harm() {
    let long = "list all users ".repeat(1000);
    for text in ["", " ", "\"", "'' and ''", "and and and", "@", "delete", "🙂 and 🙂", &long] {
        let said = say(text).await;
        assert!(said == "no" || said.starts_with('?'), "{text}: {said}");
    }
}

#[tokio::test]
async fn what_would_do_something_else_than_asked_is_not_planned() {
    for text in [
        "remove carla's access to Pipeline",
        "revoke access of carla to Pipeline",
        "rename Pipeline to Sales Pipeline",
        "delete dashboard Pipeline",
        "delete all dashboards of carla",
        "delete carla and all her dashboards",
        "delete bob@example.com from the group Analysts and from Sisense",
        "delete all users",
        "unshare Pipeline from bob",
        "stop the build of Healthcare",
        "remove the schedule of Healthcare",
        "deactivate carla",
        "make all users viewers",
        "delete the inactive users",
        "make carla owner of Pipeline",
        "share Pipeline with Analysts for viewing unless bob has it",
        "don't delete bob@example.com",
        "create user dora@corp.io as viewer with password hunter2",
        "set the password of carla to hunter2",
        "Give carla edit rights on Pipeline and make her a designer",
    ] {
        let said = answer(text, &[]).await;
        assert!(!matches!(said, Answer::Plan(_)), "{text}: {}", line(&said));
    }
}
