"""A new method file and one factor row give a right account without touching code: several quite different methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

FACTORS = "id,subject,parameter,for,value,unit,data_year,from,to,region,document,source,status\n"
STREAMS = "id,commodity,source,target,made_as,used_as\n"
STATEMENTS = "stream,start,end,amount,unit,kind,reporter\n"
COMMODITIES = "code,name_zh,name_en,kind,parent,unit,fossil,p_mpa,t_c,note\n"
YEAR = "2025-01-01,2026-01-01"
ABROAD = """format = 1
id = "abroad"
country = "VN"
grid_region = "VN"
timezone = "Asia/Ho_Chi_Minh"
currency = "USD"
default_boundary = "B"
[name]
zh = "境外园"
en = "Park abroad"
"""
Account = Callable[..., dict[str, Any]]

# -------------------------------------------------------------------- abroad: three gases, another GWP, an own grid row

HOST = """
id = "host-2026"
edition = 2024-01-01
region = "GLOBAL"
gwp_set = "AR6"
document = "Host country inventory rules 2024 (invented)"
categories = ["fuel", "electricity"]

[disregard]
kinds = ["water", "waste", "product"]

[[recipe.co2.way]]
rule = "combustion_by_energy_factor"
ncv = { parameter = "NCV", from = ["property", "own", "IPCC2006"] }
ef = { parameter = "ef_co2", from = ["own", "IPCC2006"] }

[[recipe.ch4.way]]
rule = "combustion_by_energy_factor"
ncv = { parameter = "NCV", from = ["property", "own", "IPCC2006"] }
ef = { parameter = "ef_ch4", from = ["own", "IPCC2006:manufacturing"] }

[[recipe.n2o.way]]
rule = "combustion_by_energy_factor"
ncv = { parameter = "NCV", from = ["property", "own", "IPCC2006"] }
ef = { parameter = "ef_n2o", from = ["own", "IPCC2006:manufacturing"] }

[[recipe.grid.way]]
rule = "electricity_by_origin"
ef = { parameter = "ef_location", from = ["own"], mode = "must_measure" }

[[entry]]
category = "fuel"
scope = "1"
side = "used"
kinds = ["fuel"]
used_as = ["final_fuel", "power_generation", "heat_supply", "cogeneration"]
recipe = "co2"

[[entry]]
category = "fuel"
scope = "1"
side = "used"
kinds = ["fuel"]
used_as = ["final_fuel", "power_generation", "heat_supply", "cogeneration"]
substance = "CH4"
recipe = "ch4"

[[entry]]
category = "fuel"
scope = "1"
side = "used"
kinds = ["fuel"]
used_as = ["final_fuel", "power_generation", "heat_supply", "cogeneration"]
substance = "N2O"
recipe = "n2o"

[[entry]]
category = "electricity"
scope = "2"
side = "received"
kinds = ["electricity"]
recipe = "grid"
"""
HOST_PARK = {
    "park.toml": ABROAD,
    "methods/host-2026.toml": HOST,
    "streams.csv": STREAMS + "d,diesel,market,E1,,final_fuel\nel,electricity,grid,E1,,\nin,electricity,E1,E2,,\n",
    "statements/2025.csv": STATEMENTS
    + f"d,{YEAR},1000,t,report,E1\nel,{YEAR},10000,MWh,invoice,grid\nin,{YEAR},4000,MWh,report,E1\n",
    "factors.csv": FACTORS + "g,electricity,ef_location,,0.6592,kgCO2/kWh,2023,,,VN,Host announcement 2024,web,own\n",
}
# IPCC 2006: diesel 43.0 GJ/t, 74100 kg CO2/TJ, 3 kg CH4/TJ, 0.6 kg N2O/TJ; AR6: CH4 27.9, N2O 273
GJ = 43000
CO2, CH4, N2O = GJ * 0.0741, GJ * 3e-6, GJ * 0.6e-6
POWER = 10000 * 0.6592


def adds_up(result: dict[str, Any]) -> None:
    """Assert that categories and units add up to the total."""
    total = result["totals"]["co2e_t"]
    assert sum(x or 0 for x in result["by_category"].values()) == pytest.approx(total)
    assert sum(x["net"] for x in result["by_node"].values()) == pytest.approx(total)


def test_a_host_country_method_counts_three_gases_of_one_fuel_by_its_own_gwp(account: Account) -> None:
    result = account(HOST_PARK, method="host-2026")
    assert result["by_gas"] == pytest.approx({"CO2": CO2 + POWER, "CH4": CH4, "N2O": N2O})
    assert result["totals"]["co2_t"] == pytest.approx(CO2 + POWER)
    assert result["totals"]["co2e_t"] == pytest.approx(CO2 + POWER + CH4 * 27.9 + N2O * 273)
    assert result["by_category"]["fuel"] == pytest.approx(CO2 + CH4 * 27.9 + N2O * 273)
    assert result["by_category"]["process"] is None
    assert result["totals"]["energy_tce_equivalent"] is None
    assert result["method"] == "host-2026"
    adds_up(result)


def test_every_figure_of_a_new_method_explains_itself(write: Any, run: Any) -> None:
    root = write(HOST_PARK)
    for figure in run("explain", root, "--list", "--year", 2025, "--method", "host-2026"):
        told = run("explain", root, figure, "--year", 2025, "--method", "host-2026")
        assert told["check"]["holds"] is True, (figure, told["check"])


def test_the_bridge_to_a_new_method_adds_up(write: Any, run: Any) -> None:
    made = run("bridge", write(HOST_PARK), "--from", "cn-zcp-2025", "--to", "host-2026", "--year", 2025)
    assert sum(x["amount_t"] for x in made["steps"]) == pytest.approx(made["difference_t"], abs=1e-6)


def test_power_of_several_gases_is_priced_once_between_units(account: Account) -> None:
    # CO2 0.6 kg/kWh and CH4 0.01 kg/kWh x 27.9: 0.879 t/MWh, E1 passes 4000 of 10000 MWh on to E2
    gases = (
        HOST
        + """
[[recipe.grid_ch4.way]]
rule = "electricity_by_origin"
ef = { parameter = "ef_ch4", value = 0.01 }

[[entry]]
category = "electricity"
scope = "2"
side = "received"
kinds = ["electricity"]
substance = "CH4"
recipe = "grid_ch4"

[[trade]]
category = "electricity"
kinds = ["electricity"]
supplier = "seller"
default = "grid"

[[recipe.seller.way]]
rule = "electricity_by_origin"
ef = { parameter = "ef_market", from = ["supplier"] }
"""
    )
    factors = FACTORS + "g,electricity,ef_location,,0.6,kgCO2/kWh,2023,,,,Host,web,own\n"
    result = account({**HOST_PARK, "methods/host-2026.toml": gases, "factors.csv": factors}, method="host-2026")
    assert result["by_category"]["electricity"] == pytest.approx(10000 * 0.879)
    assert result["by_node"]["E2"]["received"] == pytest.approx(4000 * 0.879)
    adds_up(result)


def test_a_method_may_state_its_own_potentials(account: Account) -> None:
    own = HOST.replace('gwp_set = "AR6"', "[gwp]\nch4 = 80\nn2o = 300\n").replace(
        'document = "Host country inventory rules 2024 (invented)"\ncategories = ["fuel", "electricity"]', ""
    )
    text = own.replace("[gwp]", 'document = "Host country rules"\ncategories = ["fuel", "electricity"]\n\n[gwp]')
    result = account({**HOST_PARK, "methods/host-2026.toml": text}, method="host-2026")
    assert result["totals"]["co2e_t"] == pytest.approx(CO2 + POWER + CH4 * 80 + N2O * 300)


def test_a_factor_in_co2e_makes_a_line_in_co2e(account: Account) -> None:
    factors = HOST_PARK["factors.csv"].replace("kgCO2/kWh", "kgCO2e/kWh")
    result = account({**HOST_PARK, "factors.csv": factors}, method="host-2026")
    (line,) = (x for x in result["lines"] if x["stream"] == "el")
    assert (line["substance"], line["amount_t"], line["co2e_t"]) == ("CO2e", pytest.approx(POWER), pytest.approx(POWER))


def test_a_must_measure_parameter_that_the_park_lacks_is_named(account: Account) -> None:
    factors = HOST_PARK["factors.csv"].replace("ef_location", "ef_market")
    result = account({**HOST_PARK, "factors.csv": factors}, method="host-2026")
    missing = [x for x in result["findings"] if x["code"] == "factor_missing"]
    assert "ef_location" in missing[0]["message"]
    assert result["by_category"]["electricity"] is None
    assert result["status"] == "incomplete"


def test_a_row_whose_unit_does_not_fit_the_rule_is_named_with_its_line(account: Account) -> None:
    # carbon content per heat where the method asks for carbon per amount
    text = HOST.replace(
        'ncv = { parameter = "NCV", from = ["property", "own", "IPCC2006"] }\n'
        'ef = { parameter = "ef_co2", from = ["own", "IPCC2006"] }',
        'ncv = { parameter = "NCV", from = ["own"] }\nef = { parameter = "ef_co2", from = ["own"] }',
    )
    factors = (
        HOST_PARK["factors.csv"]
        + "n,diesel,NCV,,43,GJ/t,2025,,,,Lab,lab,measured\nf,diesel,ef_co2,,3.1,tCO2/t,2025,,,,Lab,lab,own\n"
    )
    tables = {**HOST_PARK, "methods/host-2026.toml": text, "factors.csv": factors}
    missing = [x for x in account(tables, method="host-2026")["findings"] if x["code"] == "factor_missing"]
    assert any("factors.csv:4" in x["message"] and "tCO2/t" in x["message"] for x in missing)


def test_the_bridge_does_not_take_further_gases_for_another_amount(write: Any, run: Any) -> None:
    made = run("bridge", write(HOST_PARK), "--from", "cn-zcp-2025", "--to", "host-2026", "--year", 2025)
    assert {x["kind"] for x in made["steps"]} == {"factor"}


def test_a_gas_without_a_potential_is_named_and_not_nought(account: Account) -> None:
    text = HOST.replace('gwp_set = "AR6"\n', "")
    result = account({**HOST_PARK, "methods/host-2026.toml": text}, method="host-2026")
    (line,) = (x for x in result["lines"] if x["substance"] == "CH4")
    assert line["co2e_t"] is None
    assert line["amount_t"] == pytest.approx(CH4)
    assert any("CH4" in x["message"] and x["level"] != "note" for x in result["findings"])
    assert result["status"] == "incomplete"


def test_the_latest_row_of_an_older_year_says_so_where_the_method_asks(account: Account) -> None:
    text = HOST.replace('from = ["own"], mode = "must_measure"', 'from = ["own"], lag = true')
    result = account({**HOST_PARK, "methods/host-2026.toml": text}, method="host-2026")
    assert [x for x in result["findings"] if x["code"] == "factor_lag" and "2" in x["message"]]


# -------------------------------------------------------------------- by output of products, with an own commodity

OUTPUT = """
id = "tile-2025"
edition = 2025-01-01
region = "CN"
document = "Agreement of the tile makers (invented)"
categories = ["process", "waste"]

[[recipe.product.way]]
rule = "output_factor"
ef = { parameter = "output_factor", from = ["own"], mode = "must_measure" }

[[recipe.credit.way]]
rule = "output_factor"
ef = { parameter = "deduction_factor", value = 0.05, document = "Agreement, clause 4" }

[[recipe.buried.way]]
rule = "output_factor"
ef = { parameter = "output_factor_ch4", value = 0.02, document = "Agreement, clause 5" }

[[entry]]
category = "process"
side = "made"
kinds = ["product"]
made_as = ["process_output"]
recipe = "product"

[[entry]]
category = "process"
side = "made"
kinds = ["waste"]
made_as = ["by_product"]
sign = -1
recipe = "credit"

[[entry]]
category = "waste"
side = "made"
kinds = ["waste"]
made_as = ["waste"]
substance = "CH4"
recipe = "buried"
"""
OUTPUT_PARK = {
    "methods/tile-2025.toml": OUTPUT.replace("categories", 'gwp_set = "AR5"\ncategories'),
    "commodities.csv": COMMODITIES + "roof_tile,屋面瓦,Roof tile,product,ceramics,pcs,,,,\n",
    "streams.csv": STREAMS
    + "t,roof_tile,E1,market,process_output,\ndust,dust,E1,market,by_product,\nbury,kitchen_waste,E2,market,waste,\n",
    "statements/2025.csv": STATEMENTS
    + f"t,{YEAR},2000000,pcs,report,E1\ndust,{YEAR},100,t,report,E1\nbury,{YEAR},50,t,report,E2\n",
    "factors.csv": FACTORS + "t,roof_tile,output_factor,,0.4,kgCO2/pcs,2025,,,,Kiln test 7,lab,measured\n",
}


def test_a_method_by_output_takes_an_own_commodity_in_pieces(account: Account) -> None:
    # 2e6 pcs x 0.4 kg = 800 t; by-product -100 t x 0.05 = -5 t; 50 t x 0.02 t CH4/t x 28 = 28 t CO2e
    result = account(OUTPUT_PARK, method="tile-2025")
    assert result["by_category"]["process"] == pytest.approx(795)
    assert result["by_category"]["waste"] == pytest.approx(28)
    assert result["by_gas"] == pytest.approx({"CO2": 795, "CH4": 1})
    assert result["totals"]["co2e_t"] == pytest.approx(823)
    assert result["by_node"]["E2"]["own"] == pytest.approx(28)
    adds_up(result)


def test_figures_of_a_category_of_its_own_explain_themselves(write: Any, run: Any) -> None:
    root = write(OUTPUT_PARK)
    figures = run("explain", root, "--list", "--year", 2025, "--method", "tile-2025")
    assert {"category:waste", "node:E2"} <= set(figures)
    for figure in figures:
        assert run("explain", root, figure, "--year", 2025, "--method", "tile-2025")["check"]["holds"] is True, figure


# -------------------------------------------------------------------- sectors, kinds of nodes, lines beside each other

MIXED = """
id = "company-2025"
edition = 2025-01-01
document = "Company standard 12 (invented)"
categories = ["fuel", "electricity", "losses", "gases"]

[gwp]
r466a = 733

[[recipe.own.way]]
rule = "combustion_by_mass_factor"
ef = { parameter = "ef_co2", from = ["own"] }

[[recipe.mobile.way]]
rule = "combustion_by_mass_factor"
ef = { parameter = "ef_co2", value = 3.2 }

[[recipe.glass.way]]
rule = "combustion_by_mass_factor"
ef = { parameter = "ef_co2", value = 5 }

[[recipe.grid.way]]
rule = "electricity_by_origin"
ef = { parameter = "ef_location", value = 0.5 }

[[recipe.losses.way]]
rule = "electricity_by_origin"
ef = { parameter = "ef_losses", value = 0.04 }

[[recipe.gas.way]]
rule = "output_factor"
ef = { parameter = "correction_factor", value = 1, document = "All that leaks is emitted" }

[[entry]]
category = "fuel"
side = "used"
kinds = ["fuel"]
used_as = ["final_fuel"]
node_kinds = ["fleet"]
recipe = "mobile"

[[entry]]
category = "fuel"
side = "used"
kinds = ["fuel"]
used_as = ["final_fuel"]
sectors = ["C305*"]
recipe = "glass"

[[entry]]
category = "fuel"
side = "used"
kinds = ["fuel"]
used_as = ["final_fuel"]
recipe = "own"

[[entry]]
category = "electricity"
side = "received"
kinds = ["electricity"]
recipe = "grid"

[[entry]]
category = "losses"
beside = "grid losses"
side = "received"
kinds = ["electricity"]
recipe = "losses"

[[entry]]
category = "gases"
side = "made"
kinds = ["gas"]
made_as = ["leakage"]
substance = "commodity"
recipe = "gas"
"""
MIXED_PARK = {
    "methods/company-2025.toml": MIXED.replace("[gwp]", 'gwp_set = "AR5"\n\n[gwp]', 1),
    "nodes.csv": "id,parent,kind,sector\ngrid,,grid,\nmarket,,market,\natmosphere,,atmosphere,\nE1,,enterprise,C3051\n"
    "kiln,E1,process,\ntrucks,E1,fleet,\nE2,,enterprise,C1320\n",
    "commodities.csv": COMMODITIES + "r466a,,R-466A,gas,,t,,,,\n",
    "streams.csv": STREAMS
    + "a,diesel,market,kiln,,final_fuel\nb,diesel,market,trucks,,final_fuel\nc,diesel,market,E2,,final_fuel\n"
    "el,electricity,grid,E1,,\nl1,r466a,E1,atmosphere,leakage,\nl2,hfc134a,E2,atmosphere,leakage,\n",
    "statements/2025.csv": STATEMENTS
    + f"a,{YEAR},10,t,report,E1\nb,{YEAR},100,t,report,E1\nc,{YEAR},1000,t,report,E1\nel,{YEAR},1000,MWh,invoice,grid\n"
    f"l1,{YEAR},0.5,t,report,E1\nl2,{YEAR},0.1,t,report,E2\n",
    "factors.csv": FACTORS + "d,diesel,ef_co2,,3,tCO2/t,2025,,,,Lab 3,lab,measured\n",
}


def test_a_method_may_tell_sectors_and_kinds_of_nodes_apart(account: Account) -> None:
    # kiln of the glass works (sector of its enterprise) 10 x 5, trucks 100 x 3.2, the rest 1000 x 3
    result = account(MIXED_PARK, method="company-2025")
    assert result["by_category"]["fuel"] == pytest.approx(50 + 320 + 3000)
    adds_up(result)


def test_a_second_line_may_stand_beside_the_first_of_a_stream(account: Account) -> None:
    result = account(MIXED_PARK, method="company-2025")
    assert result["by_category"]["electricity"] == pytest.approx(500)
    assert result["by_category"]["losses"] == pytest.approx(40)
    assert len({x["id"] for x in result["lines"]}) == len(result["lines"])


def test_leaking_gases_count_each_by_its_own_potential(account: Account) -> None:
    # 0.5 t x 733 (the method's own) + 0.1 t x 1300 (AR5)
    result = account(MIXED_PARK, method="company-2025")
    assert result["by_gas"]["r466a"] == pytest.approx(0.5)
    assert result["by_category"]["gases"] == pytest.approx(0.5 * 733 + 130)


def test_the_potential_of_an_own_gas_may_be_a_row_of_the_park(account: Account) -> None:
    text = MIXED_PARK["methods/company-2025.toml"].replace("[gwp]\nr466a = 733\n", "")
    factors = MIXED_PARK["factors.csv"] + "g,r466a,gwp,,740,kgCO2e/kg,2021,,,,Maker's sheet,web,supplier\n"
    tables = {**MIXED_PARK, "methods/company-2025.toml": text, "factors.csv": factors}
    assert account(tables, method="company-2025")["by_category"]["gases"] == pytest.approx(0.5 * 740 + 130)


# -------------------------------------------------------------------- shares of a material that count

CONTENT = """
id = "content-2025"
edition = 2025-01-01
document = "Rules for carbonates and waste fuels (invented)"
categories = ["fuel", "process"]

[[recipe.stone.way]]
rule = "carbonate_decomposition"
purity = { from = ["property", "own"] }
ef = { parameter = "input_factor", from = ["own", "IPCC2006"], region = "GLOBAL" }
conversion_rate = { from = ["own", "method"], value = 1 }

[[recipe.waste_fuel.way]]
rule = "combustion_of_fossil_share"
carbon = { parameter = "carbon_fraction", from = ["property", "own"] }
fossil_fraction = { from = ["property", "own"] }
oxidation_rate = { value = 0.98 }

[[entry]]
category = "process"
side = "used"
commodities = ["limestone"]
used_as = ["process_input"]
recipe = "stone"

[[entry]]
category = "fuel"
side = "used"
commodities = ["alternative_fuel"]
used_as = ["final_fuel"]
recipe = "waste_fuel"
"""
CONTENT_PARK = {
    "methods/content-2025.toml": CONTENT,
    "commodities.csv": COMMODITIES + "rdf,,RDF of line 2,,alternative_fuel,,,,,\n",
    "streams.csv": STREAMS + "s,calcite,market,E1,,process_input\nr,rdf,market,E1,,final_fuel\n",
    "statements/2025.csv": STATEMENTS + f"s,{YEAR},1000,t,report,E1\nr,{YEAR},100,t,report,E1\n",
    "factors.csv": FACTORS
    + "p,calcite,purity,,95,%,2025,,,,Lab 1,lab,measured\nc,rdf,carbon_fraction,,50,%,2025,,,,Lab 2,lab,measured\n"
    "f,rdf,fossil_fraction,,0.6,fraction,2025,,,,Lab 2,lab,measured\n",
}


def test_carbonates_go_by_purity_and_waste_fuel_by_its_fossil_share(account: Account) -> None:
    # 1000 t x 0.95 x 0.43971 = 417.7245 t; 100 t x 0.5 x 0.6 x 0.98 x 44/12 = 107.8 t
    result = account(CONTENT_PARK, method="content-2025")
    assert result["by_category"]["process"] == pytest.approx(417.7245)
    assert result["by_category"]["fuel"] == pytest.approx(107.8)


# -------------------------------------------------------------------- where the file may be, and what is refused


def test_the_method_may_be_a_path_anywhere(write: Any, run: Any, tmp_path: Any) -> None:
    path = tmp_path / "elsewhere.toml"
    path.write_text(HOST, encoding="utf-8")
    tables = {name: text for name, text in HOST_PARK.items() if not name.startswith("methods/")}
    result = run("account", write(tables), "--year", 2025, "--method", path)
    assert result["totals"]["co2_t"] == pytest.approx(CO2 + POWER)
    assert result["method"] == "host-2026"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('rule = "electricity_by_origin"', 'rule = "electricity_by_orgin"', "electricity_by_origin"),
        ('side = "received"', 'side = "recieved"', "received"),
        ('kinds = ["electricity"]', 'kinds = ["electricty"]', "electricty"),
        ('used_as = ["final_fuel", "power_generation"', 'used_as = ["final_feul", "power_generation"', "final_feul"),
        ('parameter = "ef_location"', 'parameter = "ef_locaton"', "ef_locaton"),
        ('"IPCC2006"] }\nef', '"IPCC2007"] }\nef', "IPCC2007"),
        ('gwp_set = "AR6"', 'gwp_set = "AR9"', "AR9"),
        ('recipe = "grid"', 'recipe = "gird"', "gird"),
        ('edition = 2024-01-01', 'edition = "2024"', "edition"),
        ('kinds = ["fuel"]', 'kinds = ["fuel"]\ncolour = "red"', "colour"),
        ('kinds = ["fuel"]', 'commodities = ["deisel"]', "deisel"),
        ('scope = "2"\n', 'scope = "2"\norigins = ["gird"]\n', "gird"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_method_file_is_named_before_anything_is_computed(
    write: Any, run: Any, old: str, new: str, said: str
) -> None:
    assert old in HOST
    tables: Mapping[str, str] = {**HOST_PARK, "methods/host-2026.toml": HOST.replace(old, new, 1)}
    told = run("account", write(tables), "--year", 2025, "--method", "host-2026", code=2)
    assert said in told, told


def test_a_method_file_that_is_no_toml_or_no_utf8_is_refused(write: Any, run: Any) -> None:
    for content in ("id = ", "编号".encode("gbk") + b" = 1"):
        root = write({**HOST_PARK, "methods/host-2026.toml": content})
        told = run("account", root, "--year", 2025, "--method", "host-2026", code=2)
        assert "host-2026" in told or "TOML" in told, told


def test_a_shipped_id_is_not_overridden_in_silence(write: Any, run: Any) -> None:
    text = HOST.replace('id = "host-2026"', 'id = "cn-zcp-2025"')
    root = write({**HOST_PARK, "methods/cn-zcp-2025.toml": text})
    told = run("account", root, "--year", 2025, "--method", "cn-zcp-2025", code=None)
    # either the shipped one counts (0.8325 for all power) or the file is refused; never the other rules under this id
    assert isinstance(told, str) or told["by_category"]["electricity"] == pytest.approx(8325)


# -------------------------------------------------------------------- reference: look-ups and a set of one's own

SET = "subject,parameter,value,unit,data_year,from,region,document,status,set_id\n" + "".join(
    f"electricity,ef_location,{value},kgCO2/kWh,{year},{year}-01-01,{region},Host {year},found2,HOST_DB\n"
    for value, year, region in (("0.6766", 2022, "VN"), ("0.6592", 2023, "VN"), ("0.5", 2024, "TH"))
)


@pytest.mark.parametrize("into_park", [True, False])
def test_a_set_of_ones_own_is_imported_and_used_by_a_new_method(
    write: Any, run: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, into_park: bool
) -> None:
    # the latest row of the region: 0.6592 of 2023, two years old, said so; never the neighbour's of 2024, no mean
    (tmp_path / "own.csv").write_text(SET, encoding="utf-8")
    text = HOST.replace('from = ["own"], mode = "must_measure"', 'from = ["HOST_DB"], region = "country", lag = true')
    tables = {**HOST_PARK, "methods/host-2026.toml": text, "factors.csv": FACTORS}
    root = write(tables)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    run("reference", "import", tmp_path / "own.csv", *(["--into", root] if into_park else []))
    result = run("account", root, "--year", 2025, "--method", "host-2026")
    assert result["by_category"]["electricity"] == pytest.approx(POWER)
    (line,) = (x for x in result["lines"] if x["stream"] == "el")
    assert (line["factors"][0]["data_year"], line["factors"][0]["region"]) == (2023, "VN")
    (lag,) = (x for x in result["findings"] if x["code"] == "factor_lag")
    assert "2 years" in lag["message"]
