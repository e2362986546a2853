use pretty_assertions::assert_eq;
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::run::Secret;

#[test]
fn the_built_in_registry_is_read_whole_and_without_loss() {
    assert_eq!(TABLE.broken, Vec::<String>::new());
    let written: Vec<Value> = generated::JSON
        .iter()
        .flat_map(|(_, json)| serde_json::from_str::<Vec<Value>>(json).unwrap())
        .collect();
    assert!(!written.is_empty());
    assert_eq!(serde_json::to_value(operations()).unwrap(), Value::Array(written));
}

#[test]
fn a_broken_registry_says_so() {
    let table = Table::read(&[("access", "{")]);
    assert!(table.operations.is_empty());
    assert!(table.broken[0].starts_with("access: "));
}

#[test]
fn an_operation_answers_to_each_of_its_names() {
    for name in [
        "access.get_user",
        "access_get_user",
        "access_management.get_user",
        "access_management_get_user",
    ] {
        assert_eq!(find(name).map(|o| o.id.as_str()), Some("access.get_user"), "{name}");
    }
    for operation in operations() {
        assert!(operation.is_called(&operation.id));
        assert_eq!(find(&operation.id), Some(operation));
    }
    assert_eq!(find("access"), None);
}

#[test]
fn an_unknown_id_is_refused_with_the_nearest() {
    let error = check("access.get_usr", &json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.candidates().contains(&"access.get_user".to_owned()));
    assert!(error.to_string().starts_with("no such tool: access.get_usr"));
}

#[test]
fn arguments_that_do_not_fit_are_named() {
    let told = |args: Value| {
        let error = check("access.get_user", &args).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.operation(), Some("access.get_user"));
        error.report().message.clone()
    };
    assert_eq!(told(json!({})), "the arguments do not fit: missing field `user_name`");
    assert_eq!(told(Value::Null), "the arguments do not fit: missing field `user_name`");
    assert_eq!(
        told(json!({"user_name": 5_023})),
        "the argument `user_name` does not fit: it should be a string"
    );
    assert!(told(json!({"user_name": "a", "who": "b"})).contains("unknown field `who`"));
    assert_eq!(told(json!(["a"])), "the arguments are no object of names and values");
    check("access.get_user", &json!({"user_name": "a"})).unwrap();
}

#[test]
fn operations_without_arguments_refuse_any() {
    no_arguments(Value::Null).unwrap();
    no_arguments(json!({})).unwrap();
    assert!(no_arguments(json!({"x": 1})).unwrap_err().to_string().contains("unknown field `x`"));
}

#[test]
fn a_value_that_does_not_fit_is_not_repeated() {
    let told = without_value(r#"invalid type: string "hun, expected ter2", expected a boolean"#);
    assert_eq!(told, "it should be a boolean");
    assert_eq!(without_value("missing field `a`"), "missing field `a`");
}

#[tokio::test]
async fn a_call_by_id_gives_json_and_errors_that_name_the_operation() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/v1/users"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([
            {"_id": "5f0000000000000000000001", "email": "ann@example.com", "groups": []}
        ])))
        .mount(&server)
        .await;
    let client = Client::builder(server.uri()).token(Secret::new("t")).build().unwrap();
    let run = Run::reads().start();
    let args = json!({"user_name": "ann@example.com"});
    let outcome = call(&client, &run, "access_management_get_user", args).await.unwrap();
    assert_eq!(outcome.result["email"], "ann@example.com");
    assert!(outcome.missing.is_empty());

    let args = json!({"user_name": "bob@example.com"});
    let error = call(&client, &run, "access.get_user", args).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.operation(), Some("access.get_user"));
}
