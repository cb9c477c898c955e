edition = 第 { $number } 期
late = 延迟至 { $at }
stories = { $count } 篇
stories-from = { stories }，来自 { $sources } 个来源
minutes = 约 { $count } 分钟
whole-reading-time = 阅读约 { $count } 分钟
reading-time = 阅读约 { $count } 分钟
and-more = 另有 { $count } 篇
at-a-glance = 今日要点
also-covered-by = 另见
updated = 已更新
updated-since = 发送后有更新
previous-title = 原题：{ $title }
text-changed = 正文有改动
left-out = 另有 { $count } 篇未能收入本期邮件。
waiting = 另有 { $count } 篇留待下期刊出。
nothing-new = 上期之后暂无新消息。
why = 您收到这封邮件，是因为您的地址在“{ $title }”的收件人名单中。
unsubscribe = 退订
write-to-editor = 写信给编辑
unsubscribe-question = 确定不再接收“{ $title }”吗？
unsubscribe-done = { $address } 将不再收到“{ $title }”。
sent-by = 发件人：{ $sender }
time-at = { $day } { $time }
view-in-browser = 在浏览器中查看
listen = 收听
watch = 观看
file = 附件
discussion = 讨论
more-updates = 另有 { $count } 篇文章已更新。
briefing = 速览
by-machine = ※ 由语言模型（{ $model }）撰写或翻译，可能有误。译题下方为原题，链接通向原文。

all-editions = 全部期次

previous-edition = 上一期

next-edition = 下一期

search = 搜索

search-words = 关键词

search-digest = 摘要

all-digests = 全部

search-from = 起始日期

search-until = 截止日期

found = 找到 { $count } 篇文章

found-newest = 最新的 { $count } 篇，另有更多

nothing-found = 没有找到与“{ $query }”相关的文章。

previous-page = 上一页

next-page = 下一页

other-pages = 其他页面

by-month = 按月查看

feed-of-editions = 期次订阅源

feed-of-articles = 文章订阅源

no-editions = 尚未出刊。

page-not-found = 找不到这个链接。它可能已过期、来自试发，或不完整。

page-busy = 请求过多，请过一分钟再试。

page-unavailable = 暂时无法显示此页，请稍后再试。

join = 订阅

join-address = 邮箱地址
join-name = 姓名（可选）
join-digests = 您收到的内容

join-intro = 您将收到一封带链接的邮件；打开并确认之前，不会再收到其他邮件。

join-asked = 如果 { $address } 能收到邮件，链接已在途中。请打开并确认。

join-again = 请再按一次按钮。

join-wrong = 需要一个邮箱地址和至少一份摘要。

leave-empty = 请留空

confirm = 确认

confirm-question = 在 { $address } 接收{ $title }吗？

confirmed = { $address } 现在会收到{ $title }。

undo = 撤销

own-page = 您的邮件

mail-format = 格式
as-html = 带图片和颜色
as-text = 纯文本
how-often = 频率
every-edition = 每一期
once-a-week = 每周一次，当周要闻
pause-until = 在此日期前暂停
save = 保存
saved = 已保存。
leave-all = 全部退订

confirm-subject = 请确认：{ $title }
confirm-letter =
    有人（希望是您）请求在此邮箱接收{ $title }。请打开以下页面，按下按钮确认：

    { $link }

    如果不是您，请不必理会，不会再有邮件。

known-subject = 您已在接收{ $title }
known-letter =
    有人（希望是您）请求在此邮箱接收{ $title }，而您已在接收。您可以在自己的页面更改：

    { $link }

welcome-subject = 欢迎订阅{ $title }
welcome-letter =
    您现在会收到{ $title }。您可以在自己的页面更改或退订：

    { $link }
last-edition =
    最近一期：

    { $link }
