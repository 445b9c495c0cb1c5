//! Items that share a package are a parcel.

use crate::naming::{Stage, unit};
use switchyard_sdk::{
    Problem,
    facts::Shipment,
    read::Node,
};

/// The units of a package share its fate; where their words differ, the one furthest along speaks. A cancelled unit is in no
/// parcel, unless the whole package is cancelled.
pub fn shipments(items: &[Node<'_>], stages: &[Option<Stage>]) -> Result<Vec<Shipment>, Problem> {
    let mut parcels: Vec<(Shipment, Stage)> = Vec::new();
    for (item, stage) in items.iter().zip(stages) {
        let Some((stage, state)) = stage.and_then(|stage| Some((stage, stage.shipment()?))) else { continue };
        let package = item.name_of("package_id")?;
        if package.is_none() && stage == Stage::Cancelled {
            // It never was in a parcel.
            continue;
        }
        let tracking = item.word("tracking_code")?;
        let id = package.or(tracking.clone()).unwrap_or_else(|| "order".into());
        let line = unit(&item.require_id("order_item_id")?);
        let carrier = item.word("shipment_provider")?;
        match parcels.iter_mut().find(|(parcel, _)| parcel.id == id) {
            None => parcels.push((Shipment { id, state: state.into(), carrier, tracking, lines: vec![line], at: None }, stage)),
            Some((_, known)) if stage == Stage::Cancelled && *known != Stage::Cancelled => {}
            Some((parcel, known)) => {
                if *known == Stage::Cancelled && stage != Stage::Cancelled {
                    parcel.lines.clear();
                    *known = Stage::Unpaid;
                }
                parcel.lines.push(line);
                parcel.tracking = parcel.tracking.take().or(tracking);
                parcel.carrier = parcel.carrier.take().or(carrier);
                if stage > *known {
                    (parcel.state, *known) = (state.into(), stage);
                }
            }
        }
    }
    Ok(parcels.into_iter().map(|(parcel, _)| parcel).collect())
}
