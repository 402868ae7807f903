; Installs the built folder for one user, without an administrator. Run by packaging/build.py:
;   makensis /DVERSION=... /DFOLDER=dist\planner /DTARGET=... planner.nsi
; The user's plans, tables and settings lie elsewhere (%APPDATA%, %LOCALAPPDATA%) and are never
; touched, neither by a new version nor by taking the program away.
Unicode true
RequestExecutionLevel user
Name "planner"
OutFile "${TARGET}"
InstallDir "$LOCALAPPDATA\Programs\planner"
InstallDirRegKey HKCU "Software\planner" "Folder"
SetCompressor /SOLID lzma
!define ENTRY "Software\Microsoft\Windows\CurrentVersion\Uninstall\planner"

Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Section
  ; An older version goes whole: a file it had and this one lacks must not be found again.
  RMDir /r "$INSTDIR\_internal"
  SetOutPath "$INSTDIR"
  File /r "${FOLDER}/*"
  WriteUninstaller "$INSTDIR\remove-planner.exe"
  CreateShortCut "$SMPROGRAMS\planner.lnk" "$INSTDIR\planner.exe"
  WriteRegStr HKCU "Software\planner" "Folder" "$INSTDIR"
  WriteRegStr HKCU "${ENTRY}" "DisplayName" "planner"
  WriteRegStr HKCU "${ENTRY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${ENTRY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${ENTRY}" "UninstallString" '"$INSTDIR\remove-planner.exe"'
  WriteRegDWORD HKCU "${ENTRY}" "NoModify" 1
  WriteRegDWORD HKCU "${ENTRY}" "NoRepair" 1
SectionEnd

Section "Uninstall"
  ; Only what was installed: another program's file in this folder would stay.
  RMDir /r "$INSTDIR\_internal"
  RMDir /r "$INSTDIR\licences"
  Delete "$INSTDIR\planner.exe"
  Delete "$INSTDIR\LICENSE"
  Delete "$INSTDIR\sbom.cdx.json"
  Delete "$INSTDIR\remove-planner.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\planner.lnk"
  DeleteRegKey HKCU "${ENTRY}"
  DeleteRegKey HKCU "Software\planner"
SectionEnd
