//! The exact requests of each provider.

use super::*;

async fn session(vars: &[(&str, &str)], prompt: &Prompt) -> (Value, Reply) {
    let server = server(vec![said("hello")]).await;
    let vars: Vec<(&str, String)> = vars
        .iter()
        .map(|(name, value)| (*name, value.replace("{server}", &server.uri())))
        .collect();
    let vars: Vec<(&str, &str)> =
        vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let model = HttpModel::new(config(&vars).unwrap().unwrap()).unwrap();
    let reply = model.complete(Request::new(prompt)).await.unwrap();
    (recorded(&server).await, reply)
}

#[tokio::test]
async fn azure_in_the_v1_style() {
    let vars = [
        ("LLM_PROVIDER", "azure"),
        ("AZURE_OPENAI_ENDPOINT", "{server}/"),
        ("AZURE_OPENAI_DEPLOYMENT", "gpt-4o-prod"),
        ("AZURE_OPENAI_API_KEY", KEY),
    ];
    let (requests, reply) = session(&vars, &shaped()).await;
    insta::assert_json_snapshot!(requests);
    assert_eq!((reply.text.as_str(), reply.ending, reply.attempts), ("hello", Ending::Done, 1));
    assert_eq!((reply.usage.input_tokens, reply.usage.output_tokens), (1000, 500));
    assert_eq!(reply.usage.cost, None);
}

#[tokio::test]
async fn azure_in_the_legacy_style() {
    let vars = [
        ("LLM_PROVIDER", "azure"),
        ("AZURE_OPENAI_ENDPOINT", "{server}"),
        ("AZURE_OPENAI_DEPLOYMENT", "my model/1"),
        ("AZURE_OPENAI_API_KEY", KEY),
        ("AZURE_OPENAI_API_STYLE", "legacy"),
    ];
    let (requests, _) = session(&vars, &prompt()).await;
    insta::assert_json_snapshot!(requests);
}

#[tokio::test]
async fn databricks() {
    let vars = [
        ("LLM_PROVIDER", "databricks"),
        ("DATABRICKS_HOST", "{server}"),
        ("DATABRICKS_TOKEN", KEY),
        ("LLM_ENDPOINT", "databricks-llama"),
        ("LLM_TEMPERATURE", "0"),
        ("LLM_MAX_TOKENS", "77"),
    ];
    let (requests, _) = session(&vars, &prompt()).await;
    insta::assert_json_snapshot!(requests);
}

#[tokio::test]
async fn a_local_server_without_a_key() {
    let vars = [
        ("LLM_PROVIDER", "openai"),
        ("OPENAI_BASE_URL", "{server}/v1"),
        ("OPENAI_MODEL", "qwen"),
        ("LLM_PRICE_INPUT", "2"),
        ("LLM_PRICE_OUTPUT", "8"),
    ];
    let (requests, reply) = session(&vars, &prompt()).await;
    insta::assert_json_snapshot!(requests);
    assert_eq!(reply.usage.cost, Some(0.006));
}

#[tokio::test]
async fn parts_of_a_text_are_put_together() {
    let mut body = answer("", "stop");
    body["choices"][0]["message"]["content"] =
        json!([{ "type": "text", "text": "one " }, { "type": "text", "text": "two" }]);
    let server = server(vec![ResponseTemplate::new(200).set_body_json(body)]).await;
    let reply = model(&server.uri()).complete(Request::new(&prompt())).await.unwrap();
    assert_eq!(reply.text, "one two");
}

#[test]
fn nothing_that_is_printed_tells_the_key() {
    let model = model("http://127.0.0.1:1");
    let printed = format!("{model:?} {:?} {:?}", model.config(), model.config().provider);
    assert!(!printed.contains(KEY), "{printed}");
    assert!(printed.contains("gpt-test"));
}

#[test]
fn a_key_that_no_header_can_hold_is_refused_without_telling_it() {
    let error = config(&[
        ("LLM_PROVIDER", "openai"),
        ("OPENAI_API_KEY", "key-4711-very-secret\nand more"),
        ("OPENAI_MODEL", "m"),
    ])
    .unwrap_err();
    assert_eq!(error.kind(), sisense_core::ErrorKind::Config);
    assert_tells_nothing(&error);
}
