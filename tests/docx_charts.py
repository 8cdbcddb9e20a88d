"""Documents with a chart, as Word writes them."""

from collections.abc import Sequence

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
