-- The difference of two amounts, with the digits that they have.
create macro quickbooks_difference(one, other) as rtrim(rtrim(cast(
    cast(one as decimal(28, 10)) - cast(coalesce(other, '0') as decimal(28, 10)) as varchar
), '0'), '.');
