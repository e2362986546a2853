//! Reads the signature of an operation.

use syn::{FnArg, GenericArgument, PathArguments, ReceiverKind, ReturnType, Signature, Type};

/// What the signature of an operation says.
#[derive(Debug, PartialEq)]
pub struct Shape {
    pub takes_run: bool,
    pub params: Option<String>,
    pub result: String,
    pub partial: bool,
}

const FORMS: &str = "write `(&self)`, `(&self, params: P)`, `(&self, run: &Run)` or \
                     `(&self, run: &Run, params: P)`";

/// Read a signature, or say what is wrong with it.
pub fn read(signature: &Signature) -> Result<Shape, String> {
    if !signature.generics.params.is_empty() {
        return Err("an operation has no type parameters; remove them".into());
    }
    let mut inputs = signature.inputs.iter();
    let by_reference = matches!(
        inputs.next(),
        Some(FnArg::Receiver(this)) if matches!(this.kind, ReceiverKind::Reference(_, _, None))
    );
    if !by_reference {
        return Err(format!("the first argument is not `&self`; {FORMS}"));
    }
    let mut takes_run = false;
    let mut params = None;
    for input in inputs {
        let FnArg::Typed(input) = input else { return Err(FORMS.into()) };
        match &*input.ty {
            Type::Reference(reference) if last_word(&reference.elem).as_deref() == Some("Run") => {
                if takes_run || params.is_some() {
                    return Err(format!("`run` is not in its place; {FORMS}"));
                }
                takes_run = true;
            }
            ty => {
                let Some(word) = last_word(ty) else {
                    return Err(format!("the params are no struct by value; {FORMS}"));
                };
                if params.is_some() {
                    return Err(format!("there are two params; make them one struct; {FORMS}"));
                }
                params = Some(word);
            }
        }
    }
    let ReturnType::Type(_, output) = &signature.output else {
        return Err("it returns nothing; return `Result<T>` or `Result<Partial<T>>`".into());
    };
    let inner = inside(output, "Result")
        .ok_or("the answer is no `Result<T>`; return `Result<T>` or `Result<Partial<T>>`")?;
    let (result, partial) = match inside(inner, "Partial") {
        Some(whole) => (whole, true),
        None => (inner, false),
    };
    Ok(Shape { takes_run, params, result: written(result), partial })
}

/// The last word of a path such as `super::GetUser`.
fn last_word(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}

/// The one type argument of `Name<T>`.
fn inside<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some(inner),
        _ => None,
    }
}

/// A type as a short text: `Vec<User>`.
fn written(ty: &Type) -> String {
    match ty {
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return String::new() };
            let mut text = last.ident.to_string();
            if let PathArguments::AngleBracketed(arguments) = &last.arguments {
                let inner: Vec<String> = arguments
                    .args
                    .iter()
                    .filter_map(|argument| match argument {
                        GenericArgument::Type(ty) => Some(written(ty)),
                        _ => None,
                    })
                    .collect();
                text.push_str(&format!("<{}>", inner.join(", ")));
            }
            text
        }
        Type::Tuple(tuple) if tuple.elems.is_empty() => "()".into(),
        _ => "?".into(),
    }
}
