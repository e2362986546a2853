//! Configurations, whole, half and wrong.

use super::*;
use crate::privacy::SummaryRules;

const AZURE: [(&str, &str); 4] = [
    ("LLM_PROVIDER", "azure"),
    ("AZURE_OPENAI_ENDPOINT", "https://name.openai.azure.com"),
    ("AZURE_OPENAI_DEPLOYMENT", "gpt"),
    ("AZURE_OPENAI_API_KEY", KEY),
];
const DATABRICKS: [(&str, &str); 4] = [
    ("LLM_PROVIDER", "databricks"),
    ("DATABRICKS_HOST", "adb-1.azuredatabricks.net"),
    ("DATABRICKS_TOKEN", KEY),
    ("LLM_ENDPOINT", "llama"),
];

fn with<'a>(vars: &[(&'a str, &'a str)], name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut vars: Vec<_> = vars.iter().copied().filter(|(other, _)| *other != name).collect();
    vars.push((name, value));
    vars
}

#[test]
fn without_a_provider_there_is_no_model() {
    assert!(config(&[]).unwrap().is_none());
    assert!(config(&[("LLM_PROVIDER", "offline")]).unwrap().is_none());
    assert!(config(&[("LLM_PROVIDER", " "), ("OPENAI_API_KEY", KEY)]).unwrap().is_none());
}

#[test]
fn half_a_configuration_names_the_variable_that_is_missing() {
    for vars in [AZURE, DATABRICKS] {
        assert!(config(&vars).unwrap().is_some());
        for (name, _) in &vars[1..] {
            let error = config(&with(&vars, name, "")).unwrap_err();
            let wanted = format!("{name} is missing for LLM_PROVIDER={}", vars[0].1);
            assert_eq!(error.report().message, wanted);
            assert_tells_nothing(&error);
        }
    }
    let openai = [("LLM_PROVIDER", "openai"), ("OPENAI_API_KEY", KEY)];
    let error = config(&openai).unwrap_err();
    assert!(error.to_string().contains("OPENAI_MODEL is missing"), "{error}");
    let error = config(&[("LLM_PROVIDER", "openai"), ("OPENAI_MODEL", "m")]).unwrap_err();
    assert!(error.to_string().contains("OPENAI_API_KEY is missing"), "{error}");
}

#[test]
fn the_defaults_are_those_of_the_seed_but_for_longer_answers() {
    let config = config(&AZURE).unwrap().unwrap();
    assert_eq!(config.limits.timeout, Duration::from_secs(60));
    assert_eq!(
        (config.limits.attempts, config.limits.first_delay),
        (3, Duration::from_millis(500))
    );
    assert_eq!((config.sampling.max_tokens, config.sampling.temperature), (4096, 0.2));
    assert_eq!((config.history, config.prices), (5, None));
    assert!(matches!(config.provider, Provider::Azure { style: AzureStyle::V1, .. }));
}

#[test]
fn every_setting_is_read() {
    let mut vars = AZURE.to_vec();
    vars.extend([
        ("LLM_HTTP_TIMEOUT", "7.5"),
        ("LLM_HTTP_MAX_RETRIES", "1"),
        ("LLM_HTTP_RETRY_BASE_DELAY", "0"),
        ("LLM_MAX_TOKENS", "99"),
        ("LLM_TEMPERATURE", "1"),
        ("LLM_PLANNING_HISTORY_TURNS", "0"),
        ("LLM_PRICE_INPUT", "0.5"),
        ("LLM_PRICE_OUTPUT", "1.5"),
    ]);
    let config = config(&vars).unwrap().unwrap();
    assert_eq!(config.limits.timeout, Duration::from_millis(7500));
    assert_eq!((config.limits.attempts, config.limits.first_delay), (1, Duration::ZERO));
    assert_eq!((config.sampling.max_tokens, config.sampling.temperature), (99, 1.0));
    assert_eq!((config.history, config.prices), (0, Some(Prices { input: 0.5, output: 1.5 })));
}

#[test]
fn values_that_make_no_sense_are_refused_by_name_and_not_shown() {
    let wrong = [
        ("LLM_PROVIDER", "skynet"),
        ("LLM_HTTP_TIMEOUT", "0"),
        ("LLM_HTTP_TIMEOUT", "inf"),
        ("LLM_HTTP_MAX_RETRIES", "0"),
        ("LLM_HTTP_MAX_RETRIES", "1000"),
        ("LLM_HTTP_RETRY_BASE_DELAY", "-1"),
        ("LLM_MAX_TOKENS", "many"),
        ("LLM_TEMPERATURE", "3"),
        ("LLM_TEMPERATURE", "NaN"),
        ("LLM_PRICE_INPUT", "1"),
        ("AZURE_OPENAI_API_STYLE", "v7"),
        ("AZURE_OPENAI_ENDPOINT", "https://u:key-4711-very-secret@x.y"),
        ("AZURE_OPENAI_ENDPOINT", "https://x.y?api-key=key-4711-very-secret"),
        ("AZURE_OPENAI_ENDPOINT", "http://x.y"),
        ("AZURE_OPENAI_ENDPOINT", "ftp://x.y"),
        ("AZURE_OPENAI_ENDPOINT", "https://"),
    ];
    for (name, value) in wrong {
        let error = config(&with(&AZURE, name, value)).unwrap_err();
        assert_eq!(error.kind(), sisense_core::ErrorKind::Config, "{name}={value}");
        assert!(error.to_string().contains(name), "{name}={value}: {error}");
        assert_tells_nothing(&error);
    }
}

#[test]
fn results_are_shown_to_a_model_only_when_all_allow_it() {
    let rules = |vars: &[(&str, &str)]| {
        let vars: HashMap<String, String> =
            vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SummaryRules::from_lookup(&move |name| vars.get(name).cloned())
    };
    assert!(!rules(&[]).unwrap().for_turn(Some(true)).is_on());
    let allowed = ("ALLOW_SUMMARIZATION", "true");
    assert!(rules(&[allowed]).unwrap().for_turn(Some(true)).is_on());
    assert!(!rules(&[allowed]).unwrap().for_turn(None).is_on());
    let fixed = ("FES_ALLOW_SUMMARIZATION_TOGGLE", "false");
    assert!(!rules(&[allowed, fixed]).unwrap().for_turn(Some(true)).is_on());
    assert!(rules(&[("ALLOW_SUMMARIZATION", "maybe")]).is_err());
}
