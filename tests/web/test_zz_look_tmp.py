import sys, threading, time, uuid
sys.path.insert(0,'/work/main')
import pytest
from datetime import timedelta
from playwright.sync_api import sync_playwright
import uvicorn, socket
from app.web.app import create_app
def test_look(world, settings):
    s=socket.socket(); s.bind(('127.0.0.1',0)); port=s.getsockname()[1]; s.close()
    settings=settings.model_copy(update={"portal_url":f"http://127.0.0.1:{port}"})
    m=world.meeting(opens_in=20); old=world.meeting(opens_in=-40,number=21)
    world.item(m,"Opening of the meeting and adoption of the agenda"); it=world.item(m,"International Internet connectivity"); world.item(m,"Any other business")
    _,d=world.registered(m,title="Costs and routes for landlocked countries"); world.registered(m,by="rafael",title="Community networks: notes for the list of topics")
    with world.acting("laurent") as (se,a):
        from app.domain.meetings import actions, queries
        from app.domain.meetings.models import Meeting
        mm=se.get_one(Meeting,m.id); actions.allocate(se,a,mm,d,queries.one_item(se,mm,it.id),version=3)
    o=world.output(old,title="Report of the twenty-first meeting"); o2=world.approved(old,title="Conclusions")
    app=create_app(settings)
    server=uvicorn.Server(uvicorn.Config(app,host="127.0.0.1",port=port,log_level="error"))
    t=threading.Thread(target=server.run,daemon=True); t.start(); time.sleep(1.5)
    pages={"meetings":("ines","/meetings"),"meeting":("amina",f"/meetings/{m.id}"),"agenda":("laurent",f"/meetings/{m.id}/agenda"),"agenda-edit":("laurent",f"/meetings/{m.id}/agenda/edit"),"docs":("amina",f"/meetings/{m.id}/documents"),"new":("ines","/meetings/new?body=cwg-internet"),"outputs":("ines","/outputs"),"output":("ines",f"/outputs/{o2.id}"),"output-edit":("ines",f"/outputs/{o.id}/edit"),"adopt":("laurent",f"/outputs/{o.id}/adopt"),"people":("ines","/people/cwg-internet"),"accredit":("joseph","/people/cwg-internet/accredit"),"states":("ines","/states"),"admission":("ines","/bodies/cwg-internet/admission"),"rights":("amina","/help/rights"),"help":("amina","/help"),"deadlines":("amina","/help/deadlines")}
    from axe_playwright_python.sync_playwright import Axe
    with sync_playwright() as p:
        b=p.chromium.launch(executable_path="/usr/bin/chromium",args=["--no-sandbox"])
        for name,(who,path) in pages.items():
            for lang,w,scheme in (("en",1280,"light"),("ar",390,"dark"),("en",390,"light"),("ar",1280,"light")):
                c=b.new_context(viewport={"width":w,"height":900},color_scheme=scheme)
                c.add_cookies([{"name":"cwg_portal","value":world.sign_in(who),"url":settings.portal_url},{"name":"cwg_lang","value":lang,"url":settings.portal_url}])
                pg=c.new_page(); r=pg.goto(settings.portal_url+path)
                over=pg.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                print(name,lang,w,r.status,"overflow",over)
                pg.screenshot(path=f"/tmp/shots/{name}-{lang}-{w}.png",full_page=name!="states")
                if (lang,w)==("en",1280):
                    v=[(x["id"],x["nodes"][0]["html"][:120]) for x in Axe().run(pg).response["violations"]]
                    if v: print("AXE",name,v)
                c.close()
        b.close()
    server.should_exit=True; t.join()
