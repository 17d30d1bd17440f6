use super::*;
use crate::text;
use recscope_core::codec::Codec;
use recscope_core::phone::active::SourcePolicy;
use recscope_core::phone::local;
use recscope_core::phone::{PhoneConfig, server};
use recscope_core::recorder::LoggerConfig;
use std::time::Duration;

fn usual(offers: &[Offer], field: &str) -> &'static str {
    offers.iter().find(|offer| offer.field == field).map_or("", |offer| offer.usual)
}

#[test]
fn what_is_called_usual_is_what_the_machines_do() {
    let phone = PhoneConfig::default();
    for offers in [BX_PHONE, MX_PHONE] {
        assert_eq!(Model::find(usual(offers, "model")), Some(phone.model));
        assert_eq!(usual(offers, "codec"), phone.codec.name());
    }
    let seconds = |duration: Duration| text::write_duration(duration);
    assert_eq!(usual(MX_PHONE, "keep_alive"), seconds(phone.line.keep_alive));
    assert_eq!(usual(MX_PHONE, "policy"), SourcePolicy::default().name());
    assert_eq!(usual(LOGGER, "keep_alive"), seconds(LoggerConfig::default().keep_alive));
    let usb = local::Config::default();
    assert_eq!(Model::find(usual(USB_PHONE, "model")), Some(usb.model));
    assert_eq!(usual(USB_PHONE, "codec"), usb.codec);
    assert_eq!(text::size(usual(USB_PHONE, "size_limit")), Some(usb.size_limit));
    assert_eq!(usual(SERVER_RECORDER, "codec"), server::Config::default().codec);
}

#[test]
fn every_model_codec_and_policy_is_among_the_choices() {
    let mut models = [BX_MODELS, SIP_MODELS, TERMINALS].concat();
    assert!(models.iter().all(|name| Model::find(name).is_some_and(|it| it.name() == *name)));
    models.sort_unstable();
    let mut all = Model::ALL.map(Model::name);
    all.sort_unstable();
    assert_eq!(models, all);
    let Values::Choice(codecs) = CODECS else { panic!("no choice") };
    assert!(Codec::ALL.iter().all(|codec| codecs.contains(&codec.name())));
    let policy = MX_PHONE.iter().find(|offer| offer.field == "policy");
    let Some(Values::Choice(policies)) = policy.map(|offer| &offer.values) else { panic!() };
    assert_eq!(*policies, SourcePolicy::ALL.map(SourcePolicy::name));
}
