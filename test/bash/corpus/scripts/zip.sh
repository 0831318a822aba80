### zip and list
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; zip -r t a.txt d l e; echo $?; unzip -l t; unzip -v t.zip; unzip -Z1 t; unzip -l t 'd/*'; unzip -lq t a.txt
### unzip into a directory
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; zip -qr t a.txt d e; unzip t -d out; unzip -o t.zip -d out; unzip -qo t -d out; unzip -n t -d out; stat -c '%n %a %Y' out/a.txt out/d/b.txt; stat -c '%n %a' out/d; cmp d/b.txt out/d/b.txt && echo same
### unzip tests, prints, junks paths
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; zip -qr t a.txt d e; unzip -t t; unzip -tq t; unzip -p t a.txt; unzip -p t 'd/*' | wc -c; unzip -q -j t 'd/*' -d j; ls j; unzip t nope a.txt -d x; echo $?; unzip t -x 'd/*' e -d y; ls y
### unzip asks
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; zip -q t a.txt e; echo changed > a.txt; echo n | unzip t a.txt; cat a.txt; echo y | unzip t a.txt; cat a.txt; echo again > a.txt; printf 'A\n' | unzip t; cat a.txt; unzip t < /dev/null; echo $?; printf 'r\nnew\nN\n' | unzip t; ls
### wrong archives
echo text > a.txt; unzip a.txt; echo $?; unzip nope; echo $?; : > empty; unzip empty > /dev/null; echo $?; zip empty.zip nope; echo $?; zip t nope; echo $?; ls
### zip brings up to date
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; zip t a.txt d/b.txt; echo more >> a.txt; zip t a.txt e; unzip -l t | awk '{print $1, $4}'; zip -d t a.txt nothing; zip -d t zz; echo $?; zip -q -d t 'd/*'; unzip -Z1 t; zip -d t e; echo $?; ls
### zip -u and -f
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; zip -q t a.txt; zip -u t a.txt; echo $?; echo new > a.txt; zip -u t a.txt e; zip -f t; echo $?; echo newer > e; touch -d '2030-01-01 UTC' e; zip -f t e d/b.txt; unzip -p t e
### zip -j, -m, -x, -i, -D
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; zip -j k d/b.txt a.txt; zip -rD n d; zip -r w . -x '*.zip' -x 'd/*' 'l' | sort; zip -r i . -i '*.txt' | sort; cp a.txt gone; zip -m m gone; ls; printf 'a.txt\ne\n' | zip -@ at; zip -0 s d/b.txt; zip -9q n9 d/b.txt; unzip -Z1 n9
### symbolic links
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; zip -y y l; unzip y -d out; readlink out/l; zip -q f l; unzip -q f -d out2; test -L out2/l || echo a file
### streams
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; echo piped | zip -q p -; unzip -p p; zip -q - a.txt d/b.txt > o.zip; unzip -Z1 o; zip -qr - d | cat > d.zip; unzip -tq d; echo $?; unzip -c t 2>/dev/null; echo $?
### names
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; mkdir 'with blank'; echo x > 'with blank/ä ö.txt'; zip -r n 'with blank'; rm -r 'with blank'; unzip n; cat 'with blank/ä ö.txt'; mkdir sub; cd sub; zip ../up ../a.txt /dev/null 2>&1 | head -2; zip -q abs $PWD/../e; unzip -Z1 abs | sed 's#.*/##'; unzip ../up -d q; ls q
### damage
mkdir d; echo hello > a.txt; yes abc | head -500 > d/b.txt; ln -s a.txt l; : > e; touch -d '2024-01-02 03:04:05 UTC' a.txt d/b.txt d e; zip -q0 t a.txt; sed 's/hello/jello/' t.zip > bad.zip; unzip -t bad; echo $?; unzip -p bad; echo $?; unzip bad -d b; echo $?; head -c 60 t.zip > cut.zip; unzip cut > /dev/null 2>&1; echo $?; unzip -C t A.TXT -d c; ls c
