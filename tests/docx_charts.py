"""Documents with a chart or another drawing, as Word writes them."""

import io
from collections.abc import Sequence

from PIL import Image

from tests.files import OFFICE, TYPES, repack, replace_in_part, with_body_xml

DRAWINGS = "http://schemas.openxmlformats.org/drawingml/2006"
CHARTS = f"{DRAWINGS}/chart"
CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"


def make_docx_with_chart(categories: Sequence[str], values: Sequence[float]) -> bytes:
    """Make a document that shows a bar chart, as Word writes one: its values are kept in the chart itself."""
    labels, points = (
        "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(each))
        for each in (categories, values)
    )
    count = f'<c:ptCount val="{len(values)}"/>'
    chart = f"""<c:chartSpace xmlns:c="{CHARTS}"><c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>
        <c:barChart><c:barDir val="col"/><c:grouping val="clustered"/><c:ser><c:idx val="0"/><c:order val="0"/>
        <c:dLbls><c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/>
        <c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>
        <c:cat><c:strRef><c:f>A</c:f><c:strCache>{count}{labels}</c:strCache></c:strRef></c:cat>
        <c:val><c:numRef><c:f>B</c:f><c:numCache>{count}{points}</c:numCache></c:numRef></c:val></c:ser>
        <c:axId val="1"/><c:axId val="2"/></c:barChart>
        <c:catAx><c:axId val="1"/><c:scaling/><c:delete val="0"/><c:axPos val="b"/><c:crossAx val="2"/></c:catAx>
        <c:valAx><c:axId val="2"/><c:scaling/><c:delete val="0"/><c:axPos val="l"/><c:crossAx val="1"/></c:valAx>
        </c:plotArea></c:chart></c:chartSpace>"""
    drawing = f"""<w:p><w:r><w:drawing><wp:inline xmlns:wp="{DRAWINGS}/wordprocessingDrawing">
        <wp:extent cx="4000000" cy="2500000"/><wp:docPr id="1" name="Chart"/>
        <a:graphic xmlns:a="{DRAWINGS}/main"><a:graphicData uri="{CHARTS}"><c:chart xmlns:c="{CHARTS}"
        xmlns:r="{OFFICE}" r:id="rId99"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"""
    relation = f'<Relationship Id="rId99" Type="{OFFICE}/chart" Target="charts/chart1.xml"/>'
    with_relations = replace_in_part(
        with_body_xml(drawing), "word/_rels/document.xml.rels", "</Relationships>", f"{relation}</Relationships>"
    )
    content_type = f'<Override PartName="/word/charts/chart1.xml" ContentType="{CHART_TYPE}"/>'
    with_types = replace_in_part(with_relations, TYPES, "</Types>", f"{content_type}</Types>")
    return repack(with_types, {"word/charts/chart1.xml": chart.encode()})


def make_docx_with_newer_chart(*, has_picture: bool = False) -> bytes:
    """Make a document that shows a waterfall chart, as Word writes one; with a picture for older readers, if it
    `has_picture`."""
    space = "http://schemas.microsoft.com/office/drawing/2014/chartex"
    chart = f"""<cx:chartSpace xmlns:cx="{space}"><cx:chartData><cx:data id="0"><cx:strDim type="cat">
        <cx:lvl ptCount="1"><cx:pt idx="0">Kenya</cx:pt></cx:lvl></cx:strDim><cx:numDim type="val">
        <cx:lvl ptCount="1" formatCode="General"><cx:pt idx="0">4711</cx:pt></cx:lvl></cx:numDim></cx:data>
        </cx:chartData><cx:chart><cx:plotArea><cx:plotAreaRegion><cx:series layoutId="waterfall">
        <cx:dataId val="0"/></cx:series></cx:plotAreaRegion></cx:plotArea></cx:chart></cx:chartSpace>"""
    newer = make_drawing(space, f'<cx:chart xmlns:cx="{space}" r:id="rId99"/>')
    older = make_drawing(f"{DRAWINGS}/picture", PICTURE) if has_picture else ""
    body = f"<w:p><w:r>{make_alternatives('cx1', newer, older)}</w:r></w:p>"
    made = with_body_xml(f"<w:p><w:r><w:t>How costs grew</w:t></w:r></w:p>{body}")
    return with_parts(
        made,
        {"charts/chartEx1.xml": (chart.encode(), "application/vnd.ms-office.chartex+xml")},
        {"rId99": ("http://schemas.microsoft.com/office/2014/relationships/chartEx", "charts/chartEx1.xml")},
    )


MARKUP_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
PICTURE = f"""<pic:pic xmlns:pic="{DRAWINGS}/picture"><pic:nvPicPr><pic:cNvPr id="0" name="a"/><pic:cNvPicPr/>
    </pic:nvPicPr><pic:blipFill><a:blip r:embed="rId98"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr>
    <a:xfrm><a:off x="0" y="0"/><a:ext cx="900000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>
    </a:prstGeom></pic:spPr></pic:pic>"""


def make_alternatives(needed: str, newer: str, older: str) -> str:
    """Make alternatives: one for readers that know `needed`, one for others."""
    space = f'xmlns:mc="{MARKUP_COMPATIBILITY}" xmlns:{needed}="http://example.org/{needed}"'
    choice = f'<mc:Choice Requires="{needed}">{newer}</mc:Choice>'
    return f"<mc:AlternateContent {space}>{choice}<mc:Fallback>{older}</mc:Fallback></mc:AlternateContent>"


def make_drawing(uri: str, content: str) -> str:
    """Make a drawing with this content."""
    return f"""<w:drawing xmlns:r="{OFFICE}" xmlns:a="{DRAWINGS}/main"><wp:inline
        xmlns:wp="{DRAWINGS}/wordprocessingDrawing"><wp:extent cx="900000" cy="900000"/><wp:docPr id="1" name="a"/>
        <a:graphic><a:graphicData uri="{uri}">{content}</a:graphicData></a:graphic></wp:inline></w:drawing>"""


def make_png() -> bytes:
    """Make a small red picture."""
    out = io.BytesIO()
    Image.new("RGB", (9, 9), (255, 0, 0)).save(out, "PNG")
    return out.getvalue()


def with_parts(made: bytes, parts: dict[str, tuple[bytes, str]], relations: dict[str, tuple[str, str]]) -> bytes:
    """Return a document with more parts, each with its content type, and with relationships; also with the picture
    `rId98`."""
    parts = {**parts, "media/a.png": (make_png(), "image/png")}
    relations = {**relations, "rId98": (f"{OFFICE}/image", "media/a.png")}
    tied = "".join(f'<Relationship Id="{key}" Type="{kind}" Target="{to}"/>' for key, (kind, to) in relations.items())
    typed = "".join(
        f'<Override PartName="/word/{name}" ContentType="{kind}"/>' for name, (_content, kind) in parts.items()
    )
    made = replace_in_part(made, "word/_rels/document.xml.rels", "</Relationships>", f"{tied}</Relationships>")
    made = replace_in_part(made, TYPES, "</Types>", f"{typed}</Types>")
    return repack(made, {f"word/{name}": content for name, (content, _kind) in parts.items()})
