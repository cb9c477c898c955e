edition = 第 { $number } 期
late = 延遲至 { $at }
stories = { $count } 篇
stories-from = { stories }，來自 { $sources } 個來源
minutes = 約 { $count } 分鐘
whole-reading-time = 閱讀約 { $count } 分鐘
reading-time = 閱讀約 { $count } 分鐘
and-more = 另有 { $count } 篇
at-a-glance = 今日要點
also-covered-by = 另見
updated = 已更新
updated-since = 寄出後有更新
previous-title = 原題：{ $title }
text-changed = 內文有更動
left-out = 另有 { $count } 篇未能收入本期郵件。
waiting = 另有 { $count } 篇留待下期刊出。
nothing-new = 上期之後暫無新消息。
why = 您收到這封郵件，是因為您的電子郵件地址在「{ $title }」的收件人名單中。
unsubscribe = 取消訂閱
write-to-editor = 寫信給編輯
unsubscribe-question = 確定不再接收「{ $title }」嗎？
unsubscribe-done = { $address } 將不再收到「{ $title }」。
sent-by = 寄件人：{ $sender }
time-at = { $day } { $time }
view-in-browser = 在瀏覽器中檢視
listen = 收聽
watch = 觀看
file = 附件
discussion = 討論
more-updates = 另有 { $count } 篇文章已更新。

all-editions = 全部期次

previous-edition = 上一期

next-edition = 下一期

search = 搜尋

search-words = 關鍵詞

search-digest = 摘要

all-digests = 全部

search-from = 起始日期

search-until = 截止日期

found = 找到 { $count } 篇文章

found-newest = 最新的 { $count } 篇，另有更多

nothing-found = 找不到與「{ $query }」相關的文章。

previous-page = 上一頁

next-page = 下一頁

other-pages = 其他頁面

by-month = 按月查看

feed-of-editions = 期次訂閱源

feed-of-articles = 文章訂閱源

no-editions = 尚未出刊。

page-not-found = 找不到這個連結。它可能已過期、來自試發，或不完整。

page-busy = 請求過多，請過一分鐘再試。

page-unavailable = 暫時無法顯示此頁，請稍後再試。
