create macro in_units(cents) as cast(cast(cents as decimal(18, 0)) * 0.01 as decimal(18, 2));
