# The program that trawl began as, with the list as its argument.
import sys
from concurrent.futures import ProcessPoolExecutor
import requests

def get_page(url):
    response = requests.get(url)
    if response.status_code == 200:
        return {'url': url, 'text': response.text}

def parse_page(res):
    res = res.result()
    parse_res = 'url:<%s> size:[%s]\n' % (res['url'], len(res['text']))
    with open('db.txt', 'a') as f:
        f.write(parse_res)

if __name__ == '__main__':
    urls = open(sys.argv[1]).read().split()
    with ProcessPoolExecutor(3) as p:
        for url in urls:
            p.submit(get_page, url).add_done_callback(parse_page)
